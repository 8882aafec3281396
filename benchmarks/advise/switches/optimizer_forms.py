"""Options of optimizers that may take fewer bytes: `foreach`, `fused`, and `zero_grad(set_to_none=True)`."""

import ast
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.optimizer import _default_to_fused_or_foreach

from benchmarks.advise.source.frames import source_place_of, users_frame
from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.switches.candidates import Candidate
from benchmarks.advise.trials.built_parts import LivingParts, OptimizerGroup, living_optimizers
from benchmarks.advise.user.question import SourcePlace
from benchmarks.source_text import TextEdit

#: The kind of these sites.
OPTIMIZER = "optimizer"
#: The optimizers that support `fused` on the CPU too.
_FUSED = (torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD, torch.optim.Adagrad)

ROUNDED = "its update is rounded otherwise: parameters differ in the last digits"
SKIPPED = "a parameter that gets no gradient is skipped then; it was updated as if its gradient was zero"


@dataclass(frozen=True)
class OptimizerSwitch:
    """Another value of one option, for all optimizers that one expression made."""

    place: SourcePlace
    class_name: str
    option: str
    value: bool
    numbers: tuple[int, ...] = field(compare=False)  #: places of the optimizers among all living ones
    edit: TextEdit
    expression: str
    replacement: str
    operand: int  #: a number from 1: of several switches of one expression, the lowest is preferred
    kind: str = OPTIMIZER
    by_state: bool = True  #: a trial sets the option of living optimizers, and leaves the text as it is
    rounds: bool = True  #: results differ in the last digits

    @property
    def edits(self) -> tuple[tuple[str, TextEdit], ...]:
        """The file that changes, and its edit."""
        return ((self.place.file, self.edit),)

    def apply(self, parts: LivingParts) -> None:
        """Set the option of the living optimizers."""
        for optimizer in map(parts.optimizer, self.numbers):
            for options in (optimizer.defaults, *optimizer.param_groups):
                if self.option == "fused":
                    options["foreach"] = False
                options[self.option] = self.value
            if self.option == "fused":
                _move_counts(optimizer)


def _move_counts(optimizer: Optimizer) -> None:
    """Move the step counts of earlier updates to where a fused update needs them: the device of the parameter."""
    for parameter, state in optimizer.state.items():
        if isinstance(parameter, torch.Tensor) and isinstance(state.get("step"), torch.Tensor):
            state["step"] = state["step"].to(parameter.device, torch.float32)


def optimizer_groups(
    made: Sequence[tuple[SourcePlace, Sequence[Optimizer]]],
) -> tuple[OptimizerGroup, ...]:
    """Return a group per expression that made optimizers of one class. `made`: each expression with its optimizers."""
    numbers = {id(optimizer): number for number, optimizer in enumerate(living_optimizers())}
    return tuple(
        OptimizerGroup(
            place,
            type(optimizers[0]).__name__,
            tuple(numbers[id(each)] for each in optimizers),
            tuple(_other_options(optimizers)),
        )
        for place, optimizers in made
        if len({*map(type, optimizers)}) == 1
    )


def optimizer_switches(
    made: Sequence[OptimizerGroup], source_of: Callable[[str], Source | None]
) -> Iterator[OptimizerSwitch]:
    """Yield the switches of each expression that made optimizers.

    `source_of`: the source of a file that may hold sites, else None.
    """
    for group in made:
        place, name = group.place, group.class_name
        source = source_of(place.file)
        node = source.node(place) if source is not None else None
        if source is None or not isinstance(node, ast.Call):
            continue
        if name == (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")):
            for number, (option, value) in enumerate(group.others, 1):
                edit = _with_option(source, node, option, value)
                if edit is not None:
                    start, end = source.span(node)
                    texts = source.text(node), source.edited([edit], start, end)
                    shown, replacement = (" ".join(text.split()) for text in texts)
                    yield OptimizerSwitch(place, name, option, value, group.numbers, edit, shown, replacement, number)


def _other_options(optimizers: Sequence[Optimizer]) -> Iterator[tuple[str, bool]]:
    kind = type(optimizers[0])
    taken = inspect.signature(kind).parameters
    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    if "foreach" in taken and all(_is_foreach(group) for group in groups):
        yield "foreach", False
    if kind in _FUSED and "fused" in taken and all(_can_fuse(kind, group) for group in groups):
        yield "fused", True


def _is_foreach(group: dict[str, Any]) -> bool:
    """Return whether the parameters are updated all at once: by option, or on a GPU by default."""
    asked = group.get("foreach")
    if asked is None and group.get("fused") is None:
        return _default_to_fused_or_foreach(group["params"], bool(group.get("differentiable")))[1]
    return bool(asked)


def _can_fuse(kind: type[Optimizer], group: dict[str, Any]) -> bool:
    if group.get("fused") or group.get("differentiable"):
        return False
    on_gpu = any(parameter.device.type == "cuda" for parameter in group["params"])
    return not on_gpu or "cuda_unsupported" not in inspect.getsource(kind)  # how old versions refuse it


def _with_option(source: Source, node: ast.Call, option: str, value: bool) -> TextEdit | None:
    """Return the edit that sets the option; None if the expression has an option that excludes it."""
    named = {keyword.arg for keyword in node.keywords}
    if option == "fused" and "foreach" in named:
        return None
    return source.with_keyword(node, option, str(value))


@contextmanager
def note_zeroing(source_of: Callable[[str], Source | None], note: Callable[[Candidate], object]) -> Iterator[None]:
    """Within this block, call `note` with each of the user's calls of `zero_grad` that writes zeros.

    `source_of`: the source of a file that may hold sites, else None.
    """
    with ExitStack() as stack:
        for kind in (Optimizer, nn.Module):
            stack.enter_context(_wrapped(kind, source_of, note))
        yield


@contextmanager
def _wrapped(
    kind: Any, source_of: Callable[[str], Source | None], note: Callable[[Candidate], object]
) -> Iterator[None]:
    original = kind.zero_grad

    def zero_grad(self: Any, set_to_none: bool = True) -> None:
        if not set_to_none:
            candidate = _zeroing_candidate(source_of)
            if candidate is not None:
                note(candidate)
        original(self, set_to_none)

    kind.zero_grad = zero_grad
    try:
        yield
    finally:
        kind.zero_grad = original


def _zeroing_candidate(source_of: Callable[[str], Source | None]) -> Candidate | None:
    """Return the call of `zero_grad` that runs now, as a candidate; None if it is not found or cannot be written."""
    frame = inspect.currentframe()
    outer, _ = users_frame(frame.f_back.f_back if frame is not None and frame.f_back is not None else None)
    place = source_place_of(outer, source_of) if outer is not None else None
    source = source_of(place.file) if place is not None else None
    node = source.node(place) if source is not None and place is not None else None
    if source is None or place is None or not isinstance(node, ast.Call):
        return None
    if node.args:
        edit = TextEdit(*source.span(node.args[0]), ("True",)) if len(node.args) == 1 else None
    else:
        edit = source.with_keyword(node, "set_to_none", "True")
    if edit is None or not isinstance(node.func, ast.Attribute) or node.func.attr != "zero_grad":
        return None
    start, end = source.span(node)
    expression, replacement = (" ".join(t.split()) for t in (source.text(node), source.edited([edit], start, end)))
    return Candidate(place, OPTIMIZER, "zero_grad", 1, edit, expression, replacement, node.func.value)
