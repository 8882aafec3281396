"""Modules with an `inplace` flag: the expressions that made them, and the switches that set their flag."""

import ast
import inspect
import sys
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from benchmarks.advise.source.frames import SourceOf, source_place_of, users_frame
from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.switches.candidates import BY_RESULT, FLAG, Candidate
from benchmarks.advise.switches.inplace_calls import switch_off_flag
from benchmarks.advise.trials.birth_order import after_initialized, number_births
from benchmarks.advise.trials.built_parts import FlagModule, LivingParts, ModulePath, modules_by_path
from benchmarks.advise.user.question import SourcePlace
from benchmarks.source_text import TextEdit

#: Modules that have the flag, but ignore it.
_IGNORED = (nn.AlphaDropout, nn.FeatureAlphaDropout)


def has_flag(module: nn.Module) -> bool:
    """Whether a module is one of torch's with an `inplace` flag that it uses."""
    own = type(module).__module__.startswith("torch.nn.modules")
    return own and isinstance(getattr(module, "inplace", None), bool) and not isinstance(module, _IGNORED)


@dataclass(frozen=True)
class FlagSwitch:
    """The flag of all modules that one expression made, or of one module if its expression is not known."""

    place: SourcePlace | None
    class_name: str
    modules: tuple[ModulePath, ...] = field(compare=False)
    paths: tuple[str, ...]  #: of the modules, each within its outermost module
    edit: TextEdit | None = None  #: of the expression, if it can be written
    expression: str = ""
    by_state: bool = True  #: a trial sets the flag of living modules, and leaves the text as it is
    value: bool = True  #: the new value of the flag

    @property
    def rounds(self) -> bool:
        """Whether the gradient differs in the last digits after this switch."""
        return self.class_name.lower() in BY_RESULT

    @property
    def edits(self) -> tuple[tuple[str, TextEdit], ...]:
        """The file that changes, and its edit, for the patch; empty if the change cannot be written."""
        return ((self.place.file, self.edit),) if self.place is not None and self.edit is not None else ()

    def apply(self, parts: LivingParts) -> None:
        """Set the flags of the living modules."""
        for path in self.modules:
            vars(parts.module(path))["inplace"] = self.value


class Makers:
    """Notes which expression makes each module and each optimizer, within `watching()`."""

    def __init__(self, source_of: SourceOf) -> None:
        """`source_of`: the source of any file, as its functions run it; None if it cannot be read."""
        self._source_of = source_of
        self._places: weakref.WeakKeyDictionary[nn.Module, SourcePlace] = weakref.WeakKeyDictionary()
        self._optimizers: weakref.WeakKeyDictionary[torch.optim.Optimizer, SourcePlace] = weakref.WeakKeyDictionary()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note the expression that makes each module and each optimizer within this block, and number them."""
        with (
            number_births(),
            after_initialized(nn.Module, self._note),
            after_initialized(torch.optim.Optimizer, self._note_optimizer),
        ):
            yield

    def watching_step(self) -> AbstractContextManager[None]:
        """Note the expression that makes each module within this block, for modules that a step makes.

        They get no number, as they do not outlive the step.
        """
        return after_initialized(nn.Module, self._note)

    def _note(self, module: nn.Module) -> None:
        if type(module).__module__.startswith("torch.nn.modules"):
            frame, _ = users_frame(sys._getframe(2))
            place = source_place_of(frame, self._source_of) if frame is not None else None
            if place is not None:
                self._places[module] = place

    def _note_optimizer(self, optimizer: torch.optim.Optimizer) -> None:
        frame, _ = users_frame(sys._getframe(2))
        place = source_place_of(frame, self._source_of) if frame is not None else None
        if place is not None:
            self._optimizers[optimizer] = place

    def place_of(self, module: nn.Module) -> SourcePlace | None:
        """Return the expression that made a module; None if it is not known."""
        return self._places.get(module)

    def optimizers(self) -> list[tuple[SourcePlace, list[torch.optim.Optimizer]]]:
        """Return each expression that made optimizers, with those of its optimizers that still exist."""
        groups: dict[SourcePlace, list[torch.optim.Optimizer]] = {}
        for optimizer, place in self._optimizers.items():
            groups.setdefault(place, []).append(optimizer)
        return list(groups.items())

    def flag_modules(self) -> tuple[FlagModule, ...]:
        """Return the living modules that have a flag."""
        found = [(path, module) for path, module in modules_by_path().items() if has_flag(module)]
        return tuple(
            FlagModule(path, type(each).__name__, self._places.get(each), bool(each.inplace), _position_of_flag(each))
            for path, each in found
        )


def flag_switches(
    modules: Sequence[FlagModule], source_of: Callable[[str], Source | None], value: bool = True
) -> list[FlagSwitch]:
    """Return a switch per expression that made some of these modules, and one per module of unknown expression.

    `source_of`: the source of a file that may hold sites, None for others. `value`: the new value of the flags.
    """
    groups: dict[object, list[FlagModule]] = {}
    for module in modules:
        groups.setdefault(module.place if module.place is not None else module.path, []).append(module)
    return [_switch(group, source_of, value) for group in groups.values()]


def _switch(group: list[FlagModule], source_of: Callable[[str], Source | None], value: bool) -> FlagSwitch:
    place, name = group[0].place, group[0].class_name
    modules = tuple(module.path for module in group)
    paths = tuple(path for _, path in modules)
    source = source_of(place.file) if place is not None else None
    node = source.node(place) if source is not None and place is not None else None
    if source is None or not isinstance(node, ast.Call) or not _calls(node, name):
        return FlagSwitch(place, name, modules, paths, value=value)
    edit = source.flagged(node) if value else switch_off_flag(source, node, group[0].position)
    return FlagSwitch(place, name, modules, paths, edit, " ".join(source.text(node).split()), value=value)


def _position_of_flag(module: nn.Module) -> int:
    """Return the position of `inplace` among the arguments of the module's class; behind them if it is none."""
    names = list(inspect.signature(type(module)).parameters)
    return names.index("inplace") if "inplace" in names else len(names)


def flag_candidate(source: Source, place: SourcePlace, class_name: str) -> Candidate | None:
    """Return the switch that sets the flag in the text, for an expression that makes modules while the step runs.

    None if the expression is no call of the class, or if its flag cannot be written.
    """
    node = source.node(place)
    edit = source.flagged(node) if isinstance(node, ast.Call) and _calls(node, class_name) else None
    if node is None or edit is None:
        return None
    start, end = source.span(node)
    text, changed = (" ".join(t.split()) for t in (source.text(node), source.edited([edit], start, end)))
    return Candidate(place, FLAG, class_name.lower(), 1, edit, text, changed, node)


def _calls(node: ast.Call, name: str) -> bool:
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
    return called == name


@contextmanager
def watched_modules(
    before: Callable[[nn.Module, Any], None], after: Callable[[nn.Module, Any], None]
) -> Iterator[None]:
    """Within this block, call `before(module, arguments)` and `after(module, result)` around each module's call."""
    first = torch.nn.modules.module.register_module_forward_pre_hook(before)
    last = torch.nn.modules.module.register_module_forward_hook(
        lambda module, arguments, result: after(module, result), always_call=True
    )
    try:
        yield
    finally:
        first.remove()
        last.remove()
