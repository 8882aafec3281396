"""Count the exact bytes of a step, from the events of torch's allocator in its last execution, also per op."""

import contextlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import torch
from torch.autograd.profiler import profile, record_function
from torch.multiprocessing.reductions import StorageWeakRef

from benchmarks.advise.trials.observe import living_objects
from benchmarks.advise.user.question import Bytes

_LAST = "advise: the last execution of a step"
_OP = "advise: op"
_BACKWARD = "autograd::engine::evaluate_function"


class StepBytes:
    """Counts the bytes of steps within `counting()`; `last()` runs the execution of each step that is counted."""

    def __init__(self, device: str) -> None:
        self._device = torch.device(device)
        self._profiler: profile | None = None
        self._number = 0
        self._old: list[tuple[StorageWeakRef, int]] = []  # older than counting: no event tells that they are freed
        self._freed: dict[int, int] = {}  #: by number of the step, the bytes of these that were freed by then
        self._is_last = False
        self.counted: dict[int, Bytes] = {}  #: by number of the step, from 0, once `counting()` has ended
        self.op_by_op: dict[int, list[tuple[int, int]]] = {}  #: by number of the step, per op its number, highest bytes
        self.streams: set[int] = set()  #: of a GPU; none here

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Count within this block; memory that was allocated before does not count."""
        self._old = _living_storages(self._device)
        self._profiler = profile(use_kineto=True, profile_memory=True)
        self._profiler.__enter__()
        try:
            yield
        finally:
            self._profiler.__exit__(None, None, None)
            for number, (counted, ops) in _bytes_within(self._profiler).items():
                freed = self._freed[number]
                self.counted[number] = counted - Bytes(freed, freed)
                self.op_by_op[number] = [(op, highest - freed) for op, highest in ops]

    def last(self, call: Callable[[], Any]) -> Any:
        """Run the last execution of a step and return its result; the next call counts for the next step."""
        self._freed[self._number] = sum(nbytes for storage, nbytes in self._old if storage.expired())
        self._is_last = True
        try:
            with record_function(f"{_LAST} {self._number}"):
                self._number += 1
                return call()
        finally:
            self._is_last = False

    def op(self, number: int) -> contextlib.AbstractContextManager[Any]:
        """Return the context in which to run an op that `op_by_op` is to list; its bytes count until the next op."""
        return record_function(f"{_OP} {number}") if self._is_last else contextlib.nullcontext()


def _living_storages(device: torch.device) -> list[tuple[StorageWeakRef, int]]:
    """Return each storage on a device that a living tensor in Python has, and its bytes."""
    found: dict[int, tuple[StorageWeakRef, int]] = {}
    for tensor in living_objects(torch.Tensor):
        if tensor.device.type == device.type and tensor.layout == torch.strided:
            with contextlib.suppress(RuntimeError, NotImplementedError):  # without a storage of its own
                storage = tensor.untyped_storage()
                found.setdefault(storage._cdata, (StorageWeakRef(storage), storage.nbytes()))
    return list(found.values())


def _bytes_within(profiler: profile) -> dict[int, tuple[Bytes, list[tuple[int, int]]]]:
    """Return by the step's number its bytes, and per op its number and highest bytes, beyond the level at the start."""
    assert profiler.kineto_results is not None  # made when it was stopped
    cpu = torch.autograd.DeviceType.CPU  # pyright: ignore[reportPrivateImportUsage]  # of the C library, without a stub
    changes: list[tuple[int, int]] = []
    spans: dict[int, tuple[int, int]] = {}
    backwards: list[int] = []
    ops: list[tuple[int, int]] = []
    event: Any
    for event in profiler.kineto_results.events():
        name = event.name()
        if name == "[memory]" and event.device_type() == cpu:
            changes.append((event.start_ns(), event.nbytes()))
        elif name.startswith(_LAST):
            spans[int(name.rsplit(" ", 1)[1])] = event.start_ns(), event.start_ns() + event.duration_ns()
        elif name.startswith(_OP):
            ops.append((event.start_ns(), int(name.rsplit(" ", 1)[1])))
        elif name.startswith(_BACKWARD):
            backwards.append(event.start_ns())
    changes.sort(key=lambda change: change[0])
    ops.sort()
    return {n: (_of_span(changes, backwards, *span), list(_by_op(changes, ops, *span))) for n, span in spans.items()}


def _by_op(
    changes: list[tuple[int, int]], ops: list[tuple[int, int]], start_ns: int, end_ns: int
) -> Iterator[tuple[int, int]]:
    """Yield per op within a span its number, and the highest live bytes until the next op begins."""
    own = [op for op in ops if start_ns <= op[0] <= end_ns]
    at, live = 0, 0
    for (_, number), (ends, _) in pairwise([*own, (end_ns, 0)]):
        while at < len(changes) and changes[at][0] < own[0][0]:
            live += changes[at][1]
            at += 1
        highest = live
        while at < len(changes) and changes[at][0] < ends:
            live += changes[at][1]
            highest = max(highest, live)
            at += 1
        yield number, highest


def _of_span(changes: list[tuple[int, int]], backwards: list[int], start_ns: int, end_ns: int) -> Bytes:
    begins = min((time_ns for time_ns in backwards if start_ns <= time_ns <= end_ns), default=end_ns)
    live = sum(nbytes for time_ns, nbytes in changes if time_ns < start_ns)
    highest = held = live
    for time_ns, nbytes in changes:
        if start_ns <= time_ns <= end_ns:
            live += nbytes
            highest = max(highest, live)
            held = live if time_ns <= begins else held
    return Bytes(highest, held)
