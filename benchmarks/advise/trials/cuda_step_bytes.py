"""Exact bytes of a step on a GPU: those requested from torch's caching allocator, read from its counters.

The allocator's blocks are larger than what is requested, by an amount that depends on what is cached.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch

from benchmarks.advise.trials.cuda_trials import make_workspaces
from benchmarks.advise.trials.step_bytes import StepBytes
from benchmarks.advise.user.question import Bytes
from benchmarks.measure.memory import UncountedError

#: The functions of `torch._C` that reset the allocator's peak.
_RESETS = ("_cuda_resetPeakMemoryStats", "_accelerator_resetPeakStats")


class NothingThere(RuntimeError):
    """The steps have nothing on the GPU that was chosen; the message is one line."""


class CudaStepBytes:
    """Counts as `StepBytes` does. Memory from before counting that an execution frees is subtracted from then on."""

    def __init__(
        self, device: str, cuda: Any = torch.cuda, workspaces: Callable[[str], object] = make_workspaces
    ) -> None:
        """`cuda`: gives the counters. `workspaces`: makes cuBLAS allocate its workspace."""
        self._device, self._cuda, self._workspaces = torch.device(device), cuda, workspaces
        self._before = 0  #: live bytes when counting begins
        self._highest = 0  #: the most live bytes of this execution, until the peak was last reset
        self._ops: list[tuple[int, int]] | None = None  #: per op its number, highest bytes; None if not counted now
        self.counted: dict[int, Bytes] = {}
        self.op_by_op: dict[int, list[tuple[int, int]]] = {}
        self.streams: set[int] = set()  #: the streams that ops were called in

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Count what is allocated within.

        NothingThere if neither `make()` nor the steps allocate; UncountedError if the allocator cannot count.
        """
        if self._cuda.get_allocator_backend() != "native":
            raise UncountedError("bytes are not counted: this allocator does not say what is requested of it")
        made_before = self._allocations()
        self._workspaces(str(self._device))
        made_first = self._allocations()
        self._before, _ = self._levels()
        yield
        if not made_before and self._allocations() == made_first:
            raise NothingThere(f"it allocates nothing on {self._device}: make() must build it there")

    def last(self, call: Callable[[], Any]) -> Any:
        """Execute a step for its last time and return its result; the next call is for the next step."""
        number = len(self.counted)
        held: list[int] = []
        self._ops, self._highest = [], 0
        self._cuda.reset_peak_memory_stats(self._device)
        try:
            with self._note_resets(), _before_backward(lambda: held.append(self._levels()[0])):
                result = call()
            current = self._piece_ended()
            self.counted[number] = Bytes(self._highest - self._before, (held or [current])[0] - self._before)
            self.op_by_op[number] = [(op, highest - self._before) for op, highest in self._ops]
        finally:
            self._ops = None
        return result

    def op(self, number: int) -> contextlib.AbstractContextManager[Any]:
        """Return a context manager for an op, for `op_by_op`."""
        self.streams.add(self._cuda.current_stream(self._device).stream_id)
        if self._ops is not None:
            current = self._piece_ended()
            self._cuda.reset_peak_memory_stats(self._device)
            self._ops.append((number, current))
        return contextlib.nullcontext()

    def _piece_ended(self) -> int:
        """Note the peak since the last reset, for the execution and its latest op; return the live bytes."""
        current, peak = self._levels()
        self._highest = max(self._highest, peak)
        if self._ops:
            op, highest = self._ops[-1]
            self._ops[-1] = op, max(highest, peak)
        return current

    def _levels(self) -> tuple[int, int]:
        """Return the live bytes, and their peak since the last reset."""
        found = self._cuda.memory_stats_as_nested_dict(self._device)["requested_bytes"]["all"]
        return found["current"], found["peak"]

    def _allocations(self) -> int:
        """Return how many allocations this process has made."""
        found = self._cuda.memory_stats_as_nested_dict(self._device)
        return found["allocation"]["all"]["allocated"] if found else 0  # nothing before CUDA has started

    @contextlib.contextmanager
    def _note_resets(self) -> Iterator[None]:
        """Note the peak before each reset within: training loops reset it, to print their own."""
        resets = {name: getattr(torch._C, name) for name in _RESETS if hasattr(torch._C, name)}

        def with_note(reset: Callable[..., None]) -> Callable[..., None]:
            def note_and_reset(*arguments: Any) -> None:
                self._piece_ended()
                reset(*arguments)

            return note_and_reset

        for name, reset in resets.items():
            setattr(torch._C, name, with_note(reset))
        try:
            yield
        finally:
            for name, reset in resets.items():
                setattr(torch._C, name, reset)


def step_counter(device: str) -> StepBytes | CudaStepBytes:
    """Return the counter of bytes for a device."""
    return StepBytes(device) if device == "cpu" else CudaStepBytes(device)


@contextlib.contextmanager
def _before_backward(note: Callable[[], object]) -> Iterator[None]:
    """Call `note` before the first backward within."""
    autograd: Any = torch.autograd  # that name is torch's own
    engine, begun = autograd._engine_run_backward, []

    def run_backward(*args: Any, **kwargs: Any) -> Any:
        if not begun:
            begun.append(True)
            note()
        return engine(*args, **kwargs)

    autograd._engine_run_backward = run_backward
    try:
        yield
    finally:
        autograd._engine_run_backward = engine
