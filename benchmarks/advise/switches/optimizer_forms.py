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

from benchmarks.advise.source.frames import source_place_of, users_frame
from benchmarks.advise.source.rewrite import RewriteEdit, Source
from benchmarks.advise.switches.candidates import Candidate
from benchmarks.advise.user.question import SourcePlace

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
    optimizers: tuple[Optimizer, ...] = field(compare=False)
    edit: RewriteEdit
    expression: str
    replacement: str
    operand: int  #: a number from 1: of several switches of one expression, the lowest is preferred
    kind: str = OPTIMIZER
    by_state: bool = True  #: a trial sets the option of living optimizers, and leaves the text as it is
    rounds: bool = True  #: results differ in the last digits

    @property
    def edits(self) -> tuple[tuple[str, RewriteEdit], ...]:
        """The file that changes, and its edit."""
        return ((self.place.file, self.edit),)

    def apply(self) -> None:
        """Set the option of the living optimizers."""
        for optimizer in self.optimizers:
            for options in (optimizer.defaults, *optimizer.param_groups):
                if self.option == "fused":
                    options["foreach"] = False
                options[self.option] = self.value


def optimizer_switches(
    made: Sequence[tuple[SourcePlace, Sequence[Optimizer]]], source_of: Callable[[str], Source | None]
) -> Iterator[OptimizerSwitch]:
    """Yield the switches of each expression that made optimizers.

    `made`: each expression with its optimizers. `source_of`: the source of a file that may hold sites, else None.
    """
    for place, optimizers in made:
        source = source_of(place.file)
        node = source.node(place) if source is not None else None
        if source is None or not isinstance(node, ast.Call) or len({*map(type, optimizers)}) != 1:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == type(optimizers[0]).__name__:
            for number, (option, value) in enumerate(_other_options(optimizers), 1):
                edit = _with_option(source, node, option, value)
                if edit is not None:
                    start, end = source.span(node)
                    texts = source.text(node), source.edited([edit], start, end)
                    shown, replacement = (" ".join(text.split()) for text in texts)
                    yield OptimizerSwitch(
                        place, name, option, value, tuple(optimizers), edit, shown, replacement, number
                    )


def _other_options(optimizers: Sequence[Optimizer]) -> Iterator[tuple[str, bool]]:
    taken = inspect.signature(type(optimizers[0])).parameters
    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    if "foreach" in taken and all(group.get("foreach") for group in groups):
        yield "foreach", False
    is_able = type(optimizers[0]) in _FUSED and "fused" in taken
    if is_able and not any(group.get("fused") or group.get("differentiable") for group in groups):
        yield "fused", True


def _with_option(source: Source, node: ast.Call, option: str, value: bool) -> RewriteEdit | None:
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
    place = source_place_of(outer) if outer is not None else None
    source = source_of(place.file) if place is not None else None
    node = source.node(place) if source is not None and place is not None else None
    if source is None or place is None or not isinstance(node, ast.Call):
        return None
    if node.args:
        edit = RewriteEdit(*source.span(node.args[0]), ("True",)) if len(node.args) == 1 else None
    else:
        edit = source.with_keyword(node, "set_to_none", "True")
    if edit is None or not isinstance(node.func, ast.Attribute) or node.func.attr != "zero_grad":
        return None
    start, end = source.span(node)
    expression, replacement = (" ".join(t.split()) for t in (source.text(node), source.edited([edit], start, end)))
    return Candidate(place, OPTIMIZER, "zero_grad", 1, edit, expression, replacement, node.func.value)
