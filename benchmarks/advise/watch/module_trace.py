"""Watch the calls of modules that have an `inplace` flag, and note what happens to their inputs."""

import ast
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import torch
from torch import nn

from benchmarks.advise.source.frames import source_place_of, users_frame
from benchmarks.advise.switches.candidates import FLAG, Candidate
from benchmarks.advise.switches.flags import has_flag, watched_modules
from benchmarks.advise.switches.operand_problems import problem_before
from benchmarks.advise.user.question import SourcePlace
from benchmarks.advise.watch.occurrences import Occurrence
from benchmarks.advise.watch.trace import Tracer
from benchmarks.source_text import TextEdit
from benchmarks.tracking.site import TORCH

#: The folder of torch's modules, and the file that calls their `forward`.
_MODULES, _CALL = TORCH + "nn/modules/", TORCH + "nn/modules/module.py"


@dataclass
class ModuleCall:
    """One call of a module."""

    occurrence: Occurrence
    caller: Candidate  #: the user's expression that called it, as a candidate whose operand is the module's input


@dataclass
class _Running:
    module: nn.Module
    frame: FrameType | None
    began: tuple[int, int]
    tensor: torch.Tensor | None
    problem: str | None


class ModuleTracer:
    """Notes, within `watching()`, every call of a module with an `inplace` flag."""

    def __init__(self, tracer: Tracer, place_of: Callable[[nn.Module], SourcePlace | None]) -> None:
        """`place_of`: the expression that made a module, for modules that a step itself makes; None for others."""
        self._tracer, self._place_of = tracer, place_of
        self._stack: list[_Running] = []
        self.calls: dict[nn.Module, list[ModuleCall]] = {}  #: by module whose flag is off
        self.made: dict[tuple[SourcePlace, str], list[ModuleCall | None]] = {}  #: by maker and class, if a step made it
        self.made_in_place: set[SourcePlace] = set()  #: expressions in a step that made modules whose flag is on
        self.in_place: dict[nn.Module, int] = {}  #: by module whose flag is on, the bytes that torch copied for it
        self.unseen: set[nn.Module] = set()  #: called by code that is not the user's, or in a way not understood

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the calls of modules within this block; enter the tracer's own `watching` first."""

        def before(module: nn.Module, arguments: Any) -> None:
            frame, _ = users_frame(sys._getframe(1))
            self._enter(module, arguments, frame)

        traced = sys.gettrace()

        def trace_call(frame: FrameType, event: Any, argument: object) -> Any:
            self._note_forward(frame)
            return traced(frame, event, argument) if traced is not None else None

        sys.settrace(trace_call)
        try:
            with watched_modules(before, self._leave):
                yield
        finally:
            sys.settrace(traced)

    def _note_forward(self, frame: FrameType) -> None:
        """Note a direct call of `module.forward(x)`, which calls no hook. Called whenever a function is entered."""
        code, caller = frame.f_code, frame.f_back
        if code.co_name != "forward" or not code.co_filename.startswith(_MODULES) or caller is None:
            return
        if caller.f_code.co_filename != _CALL:
            module = frame.f_locals.get("self")
            if isinstance(module, nn.Module) and has_flag(module) and not module.inplace:
                self._not_understood(module)

    def _not_understood(self, module: nn.Module) -> None:
        """Note a call of a module whose input is not known. No reference is kept to a module that a step made."""
        made = self._place_of(module)
        if made is None:
            self.unseen.add(module)
        else:
            self.made.setdefault((made, type(module).__name__), []).append(None)

    def _enter(self, module: nn.Module, arguments: Any, frame: FrameType | None) -> None:
        tensor = arguments[0] if arguments and isinstance(arguments[0], torch.Tensor) else None
        watched = tensor is not None and has_flag(module) and not module.inplace
        began = self._tracer.now()
        problem = _of_hooks(module) or problem_before(tensor) if watched and tensor is not None else None
        self._stack.append(_Running(module, frame, began, tensor if watched else None, problem))

    def _leave(self, module: nn.Module, result: Any) -> None:
        while self._stack:
            running = self._stack.pop()
            if running.module is module:
                break
        else:
            return
        if has_flag(module) and module.inplace:
            self._note_in_place(module, result, running)
        elif has_flag(module):
            self._note_call(module, result, running)

    def _note_in_place(self, module: nn.Module, result: Any, running: _Running) -> None:
        made = self._place_of(module)
        if made is not None:  # the step made it, so it ends with the step
            self.made_in_place.add(made)
        elif isinstance(result, torch.Tensor):
            copied = self._tracer.trace.ledger.copied_bytes(result, running.began[0])
            self.in_place[module] = self.in_place.get(module, 0) + copied

    def _note_call(self, module: nn.Module, result: Any, running: _Running) -> None:
        if running.tensor is None or running.frame is None:  # such as an input given by keyword
            self._not_understood(module)
            return
        occurrence = self._tracer.occurrence(running.frame, running.tensor, result, running.began, running.problem)
        if occurrence is None:
            return
        outer = [each for each in self._stack if each.frame is running.frame]
        occurrence.between = outer[0].began[0] if outer else occurrence.began
        caller = self._caller(running.frame, type(module).__name__)
        if caller is None:
            self._not_understood(module)
            return
        call, made = ModuleCall(occurrence, caller), self._place_of(module)
        if made is not None:
            self.made.setdefault((made, type(module).__name__), []).append(call)
        else:
            self.calls.setdefault(module, []).append(call)

    def _caller(self, frame: FrameType, class_name: str) -> Candidate | None:
        place = source_place_of(frame, self._tracer.source_or_none)
        source = self._tracer.source_or_none(frame.f_code.co_filename)
        node = source.node(place) if source is not None and place is not None else None
        if source is None or place is None or not isinstance(node, ast.Call) or len(node.args) != 1:
            return None
        text = " ".join(source.text(node).split())
        return Candidate(place, FLAG, class_name.lower(), 1, TextEdit(0, 0, ()), text, text, node.args[0])


def _of_hooks(module: nn.Module) -> str | None:
    """Return why the input cannot be overwritten because of the module's backward hooks; None if it can."""
    hooked = bool(module._backward_hooks or module._backward_pre_hooks) and module._is_full_backward_hook is not False
    return "a backward hook of the module makes its input a view, which torch refuses to write" if hooked else None
