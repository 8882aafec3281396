"""Exact bytes of a step as it is: the events of torch's allocator, summed over its last execution."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.autograd.profiler import profile, record_function
from torch.multiprocessing.reductions import StorageWeakRef

from benchmarks.advise.observe import living
from benchmarks.advise.question import Bytes

_LAST = "advise: the last execution of a step"
_BACKWARD = "autograd::engine::evaluate_function"


class StepBytes:
    """Counts within `counting()`; `last()` surrounds the execution whose peak is asked for."""

    def __init__(self, device: str) -> None:
        self._device = torch.device(device)
        self._profiler: profile | None = None
        self._number = 0
        self._old: list[tuple[StorageWeakRef, int]] = []  # made before counting: nobody reports that these are freed
        self._freed: dict[int, int] = {}
        self.counted: dict[int, Bytes] = {}

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """What is allocated before it does not count."""
        self._old = _living_storages(self._device)
        self._profiler = profile(use_kineto=True, profile_memory=True)
        self._profiler.__enter__()
        try:
            yield
        finally:
            self._profiler.__exit__(None, None, None)
            counted = _bytes_within(self._profiler)
            self.counted = {n: each - Bytes(self._freed[n], self._freed[n]) for n, each in counted.items()}

    def last(self, call: Callable[[], Any]) -> Any:
        """The result of a step's last execution; the next call is another step's."""
        self._freed[self._number] = sum(nbytes for storage, nbytes in self._old if storage.expired())
        with record_function(f"{_LAST} {self._number}"):
            self._number += 1
            return call()


def _living_storages(device: torch.device) -> list[tuple[StorageWeakRef, int]]:
    """Each storage of a device that a tensor of Python's has, and its bytes."""
    found: dict[int, tuple[StorageWeakRef, int]] = {}
    for tensor in living(torch.Tensor):
        if tensor.device.type == device.type and tensor.layout == torch.strided:
            with contextlib.suppress(RuntimeError, NotImplementedError):  # without a storage of its own
                storage = tensor.untyped_storage()
                found.setdefault(storage._cdata, (StorageWeakRef(storage), storage.nbytes()))
    return list(found.values())


def _bytes_within(profiler: profile) -> dict[int, Bytes]:
    """By the step's number, its bytes beyond the level at which counting began."""
    assert profiler.kineto_results is not None  # made as it was stopped
    cpu = torch.autograd.DeviceType.CPU  # pyright: ignore[reportPrivateImportUsage]  # of the C library, without a stub
    changes: list[tuple[int, int]] = []
    spans: dict[int, tuple[int, int]] = {}
    backwards: list[int] = []
    event: Any
    for event in profiler.kineto_results.events():
        name = event.name()
        if name == "[memory]" and event.device_type() == cpu:
            changes.append((event.start_ns(), event.nbytes()))
        elif name.startswith(_LAST):
            spans[int(name.rsplit(" ", 1)[1])] = event.start_ns(), event.start_ns() + event.duration_ns()
        elif name.startswith(_BACKWARD):
            backwards.append(event.start_ns())
    changes.sort(key=lambda change: change[0])
    return {number: _of_span(changes, backwards, *span) for number, span in spans.items()}


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
