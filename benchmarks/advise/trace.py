"""One execution of the steps, watched: which calls could be in place, and what became of each operand afterwards."""

import ast
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from benchmarks.advise.candidates import Candidate, candidates_of
from benchmarks.advise.frames import source_place_of, users_frame
from benchmarks.advise.ledger import Ledger
from benchmarks.advise.operand_problems import problem_after, problem_before
from benchmarks.advise.operands import operand_of
from benchmarks.advise.question import Reader
from benchmarks.advise.rewrite import Source
from benchmarks.advise.whose_file import TORCH

#: Files of torch that only pass a call on: what they call is called by the user's expression.
_PASSING = tuple(
    TORCH + name for name in ("overrides.py", "_tensor.py", "functional.py", "_jit_internal.py", "nn/functional.py")
)
_FUNCTION = TORCH + "autograd/function.py"

#: After these, memory is read and written past torch.
_ESCAPES = {"numpy", "__array__", "data_ptr", "__dlpack__", "tolist", "untyped_storage", "storage", "share_memory_"}
#: Calls that return what they are given where they have nothing to do: for another dtype, layout or mode.
_MAYBE_NOTHING = {
    "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout", "feature_dropout",
    "contiguous", "to", "float", "half", "double", "bfloat16", "int", "long", "bool", "type", "type_as", "reshape",
    "cpu", "cuda", "flatten", "pad", "interpolate", "ravel", "positive", "resolve_conj", "resolve_neg", "rrelu",
}  # fmt: skip


#: Before Python 3.12 these are functions of their own, which the function around them runs at once.
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>")


@dataclass
class Occurrence:
    """One call at a site, with one of its operands."""

    key: int | None  #: the storage of the operand
    began: int  #: the ledger's clock when it was called
    ended: int
    nodes: tuple[int, int]  #: numbers of the backward nodes that it made: from, up to
    execution_began: int  #: the clock when the step was called
    frame_began: int  #: the clock when the function that holds the site was entered
    custom_began: int | None  #: the same of the custom autograd function that called it, if one did
    in_backward: bool
    problem: str | None = None  #: what alone forbids it
    between: int = 0  #: of a module: the clock when the user's own call began that led to it


@dataclass
class Trace:
    """What was seen."""

    ledger: Ledger
    execution_began: int = 0  #: the ledger's clock when the step was called last
    occurrences: dict[Candidate, list[Occurrence]] = field(default_factory=dict)
    lines: dict[CodeType, set[int]] = field(default_factory=dict)  #: that were executed, of the user's functions


class Tracer(TorchFunctionMode):
    """Sees every call of torch's functions that Python makes."""

    def __init__(self, trace: Trace, is_site: Callable[[str], bool]) -> None:
        """`is_site`: whether a file may hold sites."""
        super().__init__()
        self.trace, self._ledger, self._is_site = trace, trace.ledger, is_site
        self._sources: dict[str, Source | None] = {}
        self._known: dict[tuple[CodeType, int, Any], tuple[list[Candidate], ast.expr | None]] = {}
        self._frames: dict[int, int] = {}
        self._in_backward = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", str(func))
        if name == "__get__":
            return func(*args, **kwargs)
        frame, chain = users_frame(sys._getframe(1))
        caller = Reader(name, frame.f_code.co_filename if frame else "", frame.f_lineno if frame else 0)
        self._note_escape(name, args, caller)
        found, node = self._candidates(frame, chain, func) if frame is not None else ([], None)
        ledger = self._ledger
        operands = [(each, operand_of(each, func, node, args, frame)) for each in found if node and frame]
        before = [(each, t, problem_before(t)) for each, t in operands if isinstance(t, torch.Tensor)]
        began, first = ledger.clock, torch.autograd._get_sequence_nr()  # pyright: ignore
        ledger.callers.append(caller)
        try:
            result = func(*args, **kwargs)
        finally:
            ledger.callers.pop()
            last = torch.autograd._get_sequence_nr()  # pyright: ignore
            ledger.node_made(first, last, caller)
        if name in _MAYBE_NOTHING and args and not (name.startswith("dropout") and _always_drops(node)):
            self._note_copy(args[0], result)
        for candidate, tensor, problem in before:
            assert frame is not None
            occurrence = self.occurrence(frame, tensor, result, (began, first), problem)
            if occurrence is not None:
                self.trace.occurrences.setdefault(candidate, []).append(occurrence)
        return result

    def occurrence(
        self, frame: FrameType, tensor: torch.Tensor, result: Any, began: tuple[int, int], problem: str | None
    ) -> Occurrence | None:
        """A call that just ended; None where it had nothing to do. `began`: the clock then, and its first node."""
        key = self._ledger.key(tensor)
        if isinstance(result, torch.Tensor) and self._ledger.key(result) == key:
            return None
        last = torch.autograd._get_sequence_nr()  # pyright: ignore
        return Occurrence(
            key,
            began[0],
            self._ledger.clock,
            (began[1], last),
            self.trace.execution_began,
            self.frame_began(frame),
            self._custom_began(frame),
            self._in_backward > 0,
            problem or problem_after(tensor, result),
        )

    def frame_began(self, frame: FrameType) -> int:
        """The clock when a function of the user's was entered."""
        while frame.f_code.co_name in _COMPREHENSIONS and frame.f_back is not None:
            frame = frame.f_back
        return self._frames.get(id(frame), 0)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what runs within, backward included."""
        autograd: Any = torch.autograd  # that name is torch's own
        engine = autograd._engine_run_backward

        def run_backward(*args: Any, **kwargs: Any) -> Any:
            self._in_backward += 1
            try:
                with self:  # torch switches it off in what it calls
                    return engine(*args, **kwargs)
            finally:
                self._in_backward -= 1

        autograd._engine_run_backward = run_backward
        traced = sys.gettrace()
        sys.settrace(self._trace_call)
        try:
            with ExitStack() as stack:
                stack.enter_context(self._ledger)
                stack.enter_context(self)
                yield
        finally:
            sys.settrace(traced)
            autograd._engine_run_backward = engine

    def _trace_call(self, frame: FrameType, event: str, argument: object) -> Any:
        code = frame.f_code
        if not self._is_users(code.co_filename):
            return None
        self._frames[id(frame)] = self._ledger.clock
        lines = self.trace.lines.setdefault(code, set())
        lines.add(frame.f_lineno)

        def trace_line(frame: FrameType, event: str, argument: object) -> Any:
            lines.add(frame.f_lineno)
            return trace_line

        return trace_line

    def _is_users(self, file: str) -> bool:
        return self.source_or_none(file) is not None

    def source_or_none(self, file: str) -> Source | None:
        """The source of a file that may hold sites; None of any other."""
        if file not in self._sources:
            try:
                self._sources[file] = Source.read(file) if self._is_site(file) else None
            except (OSError, SyntaxError, ValueError):
                self._sources[file] = None
        return self._sources[file]

    def source(self, file: str) -> Source:
        """The source of a file that holds a site."""
        found = self.source_or_none(file)
        assert found is not None
        return found

    def now(self) -> tuple[int, int]:
        """The ledger's clock, and the number of the next backward node."""
        return self._ledger.clock, torch.autograd._get_sequence_nr()  # pyright: ignore

    def _candidates(self, frame: FrameType, chain: Sequence[str], func: Any) -> tuple[list[Candidate], ast.expr | None]:
        key = frame.f_code, frame.f_lasti, func
        if key not in self._known:
            self._known[key] = self._look_up(frame, chain, func)
        return self._known[key]

    def _look_up(self, frame: FrameType, chain: Sequence[str], func: Any) -> tuple[list[Candidate], ast.expr | None]:
        source = self.source_or_none(frame.f_code.co_filename)
        if source is None or any(file not in _PASSING for file in chain):
            return [], None
        place = source_place_of(frame)
        node = source.node(place) if place is not None else None
        if node is None:
            return [], None
        return candidates_of(source, node, func, direct=not chain), node

    def _custom_began(self, frame: FrameType | None) -> int | None:
        """When the custom autograd function that runs was entered; None where none runs."""
        while frame is not None:
            if frame.f_back is not None and frame.f_back.f_code.co_filename == _FUNCTION:
                return self._frames.get(id(frame), 0)
            frame = frame.f_back
        return None

    def _note_copy(self, given: Any, result: Any) -> None:
        """Where a call may return what it is given, and did not: keep what it was given in mind."""
        if isinstance(given, torch.Tensor) and isinstance(result, torch.Tensor):
            source, copy = self._ledger.key(given), self._ledger.key(result)
            if source is not None and copy is not None and source != copy:
                self._ledger.storages[copy].copied_from.append(source)

    def _note_escape(self, name: str, args: Sequence[Any], caller: Reader) -> None:
        if name in _ESCAPES and args and isinstance(args[0], torch.Tensor):
            key = self._ledger.key(args[0])
            if key is not None:
                self._ledger.storages[key].escaped = caller


def _always_drops(node: ast.expr | None) -> bool:
    """Whether a call of dropout says itself that it is in training."""
    if not isinstance(node, ast.Call):
        return False
    said = [keyword.value for keyword in node.keywords if keyword.arg == "training"] + node.args[2:3]
    return any(isinstance(each, ast.Constant) and each.value is True for each in said)
