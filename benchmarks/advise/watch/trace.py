"""Watch the steps: record which calls could be in place, and what happens to their operands afterwards."""

import ast
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from benchmarks.advise.source.frames import FileCode, source_place_of, users_frame
from benchmarks.advise.source.memory_leaves import always_drops
from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.switches.candidates import Candidate, candidates_of
from benchmarks.advise.switches.candidates_on_line import candidates_on_line
from benchmarks.advise.switches.inplace_calls import OutOfPlace, out_of_place
from benchmarks.advise.switches.operand_problems import problem_after, problem_before
from benchmarks.advise.switches.operands import Numbers, operand_of
from benchmarks.advise.user.question import Reader
from benchmarks.advise.user.whose_file import calls_torch
from benchmarks.advise.watch.custom_functions import caller_of_custom, custom_frame
from benchmarks.advise.watch.occurrences import Occurrence, Trace, holding_frame, overlaps_another, sharing_names
from benchmarks.advise.watch.storage_parts import StoragePart
from benchmarks.advise.watch.storages import tensors_in
from benchmarks.tracking.graph_state import next_node_number
from benchmarks.tracking.site import TORCH

#: Files of torch that only pass a call on: the user's expression counts as the caller.
_PASSING = tuple(
    TORCH + name for name in ("overrides.py", "_tensor.py", "functional.py", "_jit_internal.py", "nn/functional.py")
)

#: After these calls, memory may be read and written without torch.
_ESCAPES = {"numpy", "__array__", "data_ptr", "__dlpack__", "tolist", "untyped_storage", "storage", "share_memory_"}
#: Calls that return their argument where they have nothing to do, for other dtypes, layouts or modes.
_MAYBE_NOTHING = {
    "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout", "feature_dropout",
    "contiguous", "to", "float", "half", "double", "bfloat16", "int", "long", "bool", "type", "type_as", "reshape",
    "cpu", "cuda", "flatten", "pad", "interpolate", "ravel", "positive", "resolve_conj", "resolve_neg", "rrelu",
}  # fmt: skip


class Tracer(TorchFunctionMode):
    """Records, within `watching()`, every call of a function of torch that Python makes."""

    def __init__(self, trace: Trace, is_site: Callable[[str], bool], texts: Mapping[str, str]) -> None:
        """`is_site`: whether a file may hold sites. `texts`: by file, the text that its functions run, if changed."""
        super().__init__()
        self.trace, self._ledger, self._is_site, self._texts = trace, trace.ledger, is_site, texts
        self._sources: dict[str, Source | None] = {}
        self._known: dict[tuple[FileCode, int, Any], tuple[list[Candidate], ast.expr | None]] = {}
        self._in_place: dict[tuple[FileCode, int, Any], OutOfPlace | None] = {}
        #: By `id` of a user's frame: the clock when it was entered, and for a custom function the call that led to it.
        self._frames: dict[int, tuple[int, Reader | None]] = {}
        self._in_backward = 0
        self.numbers = Numbers()
        self.looks_at_variables = True  #: before Python 3.13, looking keeps their values alive

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
        operands = [(c, operand_of(c, func, node, args, frame, self.numbers)) for c in found if node and frame]
        before = [(c, t, self._problem(t, args, kwargs)) for c, t in operands if isinstance(t, torch.Tensor)]
        began, first = ledger.clock, next_node_number()
        ledger.callers.append(caller)
        try:
            result = func(*args, **kwargs)
        finally:
            ledger.callers.pop()
            ledger.makers.note(first, next_node_number(), caller)
        if name in _MAYBE_NOTHING and args and not always_drops(node):
            self._note_copy(args[0], result)
        if args and result is args[0] and frame is not None:
            self._note_in_place(frame, chain, func, result, began)
        for candidate, tensor, problem in before:
            assert frame is not None
            occurrence = self.occurrence(frame, tensor, result, (began, first), problem)
            if occurrence is not None:
                self.trace.occurrences.setdefault(candidate, []).append(occurrence)
        return result

    def occurrence(
        self, frame: FrameType, tensor: torch.Tensor, result: Any, began: tuple[int, int], problem: str | None
    ) -> Occurrence | None:
        """Return the record of a call that ended now; None if it returned the memory of `tensor`. `began`: as `now`."""
        key, problem = self._ledger.key(tensor), problem or problem_after(tensor, result)
        made = self._ledger.key(result) if isinstance(result, torch.Tensor) else None
        if made is not None and made == key:
            return None
        custom = custom_frame(frame)
        entered, caller = self._frames.get(id(custom), (0, None))
        with torch._C.DisableTorchFunction():
            part = StoragePart.of(tensor)
            names = sharing_names(frame, self._ledger, key, part) if self.looks_at_variables else frozenset[str]()
        return Occurrence(
            key,
            part,
            made,
            began[0],
            self._ledger.clock,
            (began[1], next_node_number()),
            self.trace.execution_began,
            self.frame_began(frame),
            entered if custom is not None else None,
            self._in_backward > 0,
            caller or self._ledger.makers.running(),
            names,
            problem,
            made_by=self._ledger.maker_of(key) if problem else None,
        )

    def _problem(self, operand: torch.Tensor, args: Any, kwargs: Any) -> str | None:
        with torch._C.DisableTorchFunction():
            if overlaps_another(operand, iter(tensors_in((args, kwargs))), self._ledger):
                return "another argument of the same call lies in some of its memory"
        return problem_before(operand)

    def _note_in_place(
        self, frame: FrameType, chain: Sequence[str], func: Any, tensor: torch.Tensor, began: int
    ) -> None:
        """Record a call that returned its argument: its switch to out of place, and the bytes that torch copied."""
        key = FileCode.of(frame.f_code), frame.f_lasti, func
        if key not in self._in_place:
            source, place = self.source_or_none(key[0].file), source_place_of(frame, self.source_or_none)
            self._in_place[key] = None
            if source is not None and place is not None and all(file in _PASSING for file in chain):
                self._in_place[key] = out_of_place(source, place, func, not chain)
        site = self._in_place[key]
        if site is not None:
            copied = self._ledger.copied_bytes(tensor, began)
            self.trace.in_place[site] = self.trace.in_place.get(site, 0) + copied

    def frame_began(self, frame: FrameType) -> int:
        """Return the clock when the user's function of this frame was entered."""
        return self._frames.get(id(holding_frame(frame)), (0, None))[0]

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch all that runs within this block, backward included."""
        autograd: Any = torch.autograd  # that name is torch's own
        engine = autograd._engine_run_backward

        def run_backward(outputs: Any, *args: Any, **kwargs: Any) -> Any:
            self._in_backward += 1
            try:
                with self._ledger.around_engine(outputs), self:  # torch leaves this mode while it calls the engine
                    return engine(outputs, *args, **kwargs)
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
        is_users = self._is_users(code.co_filename)
        if is_users or calls_torch(code.co_filename):
            caller, _ = users_frame(frame.f_back)
            if caller is not None and self._is_users(caller.f_code.co_filename):
                called_at = FileCode.of(caller.f_code), caller.f_lasti
                self.trace.callees.setdefault(called_at, set()).add(FileCode.of(code))
        self._frames.pop(id(frame), None)
        if not is_users:
            return None
        custom = caller_of_custom(frame)
        self._frames[id(frame)] = self._ledger.clock, custom
        self.trace.globals[code.co_filename] = frame.f_globals
        if custom is not None:
            self._ledger.makers.note_custom(custom)
        lines = self.trace.lines.setdefault(FileCode.of(code), set())
        lines.add(frame.f_lineno)

        def trace_line(frame: FrameType, event: str, argument: object) -> Any:
            lines.add(frame.f_lineno)
            return trace_line

        return trace_line

    def _is_users(self, file: str) -> bool:
        return self.source_or_none(file) is not None

    def source_or_none(self, file: str) -> Source | None:
        """Return the source of a file that may hold sites; None for other files, and for those that cannot be read."""
        if file not in self._sources:
            try:
                self._sources[file] = self._read(file) if self._is_site(file) else None
            except (OSError, SyntaxError, ValueError):
                self._sources[file] = None
        return self._sources[file]

    def _read(self, file: str) -> Source:
        return Source(file, self._texts[file].encode()) if file in self._texts else Source.read(file)

    def source(self, file: str) -> Source:
        """Return the source of a file that is known to hold a site."""
        found = self.source_or_none(file)
        assert found is not None
        return found

    def now(self) -> tuple[int, int]:
        """Return the clock, and the number of the next backward node."""
        return self._ledger.clock, next_node_number()

    def _candidates(self, frame: FrameType, chain: Sequence[str], func: Any) -> tuple[list[Candidate], ast.expr | None]:
        key = FileCode.of(frame.f_code), frame.f_lasti, func
        if key not in self._known:
            self._known[key] = self._look_up(frame, chain, func)
        return self._known[key]

    def _look_up(self, frame: FrameType, chain: Sequence[str], func: Any) -> tuple[list[Candidate], ast.expr | None]:
        source = self.source_or_none(frame.f_code.co_filename)
        if source is None or any(file not in _PASSING for file in chain):
            return [], None
        place = source_place_of(frame, self.source_or_none)
        if place is None:
            self.trace.unplaced |= candidates_on_line(source, frame.f_lineno, func, not chain)
            return [], None
        node = source.node(place)
        return ([], None) if node is None else (candidates_of(source, node, func, direct=not chain), node)

    def _note_copy(self, given: Any, result: Any) -> None:
        """Record that a call returned a copy of its argument, though it returns the argument itself in other cases."""
        if isinstance(given, torch.Tensor) and isinstance(result, torch.Tensor):
            source, copy = self._ledger.key(given), self._ledger.key(result)
            if source is not None and copy is not None and source != copy:
                self._ledger.storages[copy].copied_from.append(source)

    def _note_escape(self, name: str, args: Sequence[Any], caller: Reader) -> None:
        if name in _ESCAPES and args and isinstance(args[0], torch.Tensor):
            key = self._ledger.key(args[0])
            if key is not None:
                self._ledger.storages[key].escaped = caller
