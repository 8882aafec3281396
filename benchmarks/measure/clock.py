"""Clocks: the seconds one call takes, on the host and on a GPU.

A clock's `round(subject, phase, calls)` makes that many calls, each on an input of its own that is made untimed,
and returns seconds per call. What lies between start and stop is the phase's statement and nothing else:

- inference, forward: `x = op(x)`; letting go of the old `x` belongs to the call, as in user code
- backward: `gradients = backward(y)`; `y` was made untimed, the graph is let go after the stop
- step: `x = op(x); gradients = backward(x)`, all let go after the stop
"""

import resource
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import torch

from benchmarks.inputs import Subject

NS = 1e-9


class Round(NamedTuple):
    """Seconds per call of one round; `host_s` (CUDA) is the time until the call returned to the host."""

    seconds: float
    host_s: float | None = None


class Clock(Protocol):
    """What rounds.py needs of a clock."""

    empty_call_s: float  #: the clock's own cost per call, taken off every round
    round_s: float  #: seconds of calls a round should hold, well above the clock's resolution
    most_calls: int  #: and the most calls for it

    def round(self, subject: Subject, phase: str, calls: int) -> Round: ...


class HostClock:
    """Each call bracketed by the host's monotonic clock, less the calibrated cost of an empty bracket."""

    round_s = 100e-6
    most_calls = 64

    def __init__(self, now: Callable[[], int] = time.perf_counter_ns) -> None:
        self._now = now
        self.empty_call_s = NS * statistics.median(_empty_bracket(now) for _ in range(2_000))

    def round(self, subject: Subject, phase: str, calls: int) -> Round:
        """The mean of `calls` calls, in seconds."""
        return Round(NS * bracketed(subject, phase, calls, self._now) / calls - self.empty_call_s)


def _empty_bracket(now: Callable[[], int]) -> int:
    start = now()
    stop = now()
    return stop - start


def bracketed(subject: Subject, phase: str, calls: int, counter: Callable[[], int]) -> int:
    """How far a counter (nanoseconds, page faults) moves during the phase's statement, summed over calls."""
    total = 0
    restore, call, backward = subject.restore, subject.call, subject.backward
    for _ in range(calls):
        x = restore()
        if phase == "backward":
            x = call(x)
            start = counter()
            gradients = backward(x)  # pyright: ignore[reportOptionalCall]  # this phase has one
            stop = counter()
        elif phase == "step":
            start = counter()
            x = call(x)
            gradients = backward(x)  # pyright: ignore[reportOptionalCall]  # this phase has one
            stop = counter()
        else:
            gradients = None
            start = counter()
            x = call(x)
            stop = counter()
        total += stop - start
        del x, gradients  # before the next restore: no two inputs of a round are alive at once
    return total


def page_faults_per_call(subject: Subject, phase: str, calls: int = 5) -> float:
    """Minor page faults of one call, the median of a few; counted for all threads of this process."""
    return float(statistics.median(bracketed(subject, phase, 1, _minor_faults) for _ in range(calls)))


def _minor_faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


class CudaClock:
    """CUDA events around calls that are all queued before the first one starts.

    Events around one small call would measure launch gaps. So inputs are prepared, a spin kernel holds the stream
    while the host queues start event, calls and stop event, and the device then runs them back to back. A round in
    which the host was slower than the spin is thrown away and repeated behind a longer one.
    """

    empty_call_s = 0.0
    round_s = 500e-6  # events resolve about half a microsecond
    most_calls = 128
    _ATTEMPTS = 6

    def __init__(self, device: str, cuda: Any = torch.cuda) -> None:
        self._cuda = cuda
        self._device = device
        self._spin_cycles = 1_000_000  # about half a millisecond at 2 GHz; grows to what the host needs

    def round(self, subject: Subject, phase: str, calls: int) -> Round:
        """Device seconds per call, and host seconds per call, of `calls` calls on prepared inputs."""
        for _ in range(self._ATTEMPTS):
            start, stop, held_up, host_s = self._queue(subject, phase, calls)
            stop.synchronize()
            if held_up:
                break
            self._spin_cycles *= 2
        else:
            raise RuntimeError("the host queues calls slower than the longest spin lasts: launch gaps would be timed")
        return Round(start.elapsed_time(stop) / 1e3 / calls, host_s / calls)

    def _queue(self, subject: Subject, phase: str, calls: int) -> tuple[Any, Any, bool, float]:
        """The start and stop events, whether the spin kernel held the stream up until then, and host seconds."""
        cuda = self._cuda
        prepared = [subject.restore() for _ in range(calls)]
        if phase == "backward":
            prepared = [subject.call(x) for x in prepared]
        start, stop = cuda.Event(enable_timing=True), cuda.Event(enable_timing=True)
        results = []
        cuda.synchronize(self._device)
        cuda._sleep(self._spin_cycles)
        start.record()
        began = time.perf_counter_ns()
        for i in range(calls):
            x, prepared[i] = prepared[i], None
            if phase == "backward":
                results.append((x, subject.backward(x)))  # pyright: ignore[reportOptionalCall]  # this phase has one
            elif phase == "step":
                x = subject.call(x)
                results.append((x, subject.backward(x)))  # pyright: ignore[reportOptionalCall]  # this phase has one
            else:
                x = subject.call(x)
        host_s = NS * (time.perf_counter_ns() - began)
        stop.record()
        # The start event not yet reached: everything was queued before the device came to it.
        return start, stop, not start.query(), host_s


def make_clock(device: str) -> Clock:
    """The clock of a device: "cpu", or a CUDA device such as "cuda:0"."""
    return HostClock() if device == "cpu" else CudaClock(device)
