"""Clocks: the seconds of one call. What all clocks share, and the host's clock; `cuda_clock` is a GPU's.

A clock's `prepare(subjects, phase)` gets a case ready and says how many calls fill a round. Its `round(subject, phase,
calls)` makes that many calls, each on its own input that is made untimed, and returns seconds per call. Only the
phase's statement is between start and stop:

- inference, forward: `x = op(x)`; releasing the old `x` belongs to the call, as in user code
- backward: `gradients = backward(y)`; `y` is made untimed, and the graph is released after the stop
- step: `x = op(x); gradients = backward(x)`, all released after the stop
"""

import math
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from benchmarks.inputs import Subject

NS = 1e-9

#: A call that fills this many rounds by itself is warm after two calls. A round then holds one call: timing more calls
#: to find that out would only cost its budget.
SLOW_ROUNDS = 3


class Round(NamedTuple):
    """Seconds per call of one round; the other fields are a GPU clock's only."""

    seconds: float
    host_s: float | None = None  #: seconds per call until it returned to the host
    clock_hz: float | None = None  #: the SM clock, read while the calls ran
    throttled: bool | None = None  #: whether the GPU was slowed down while the calls ran; None: unknown


class Clock(Protocol):
    """What rounds.py needs of a clock."""

    empty_call_s: float  #: the clock's own cost per call, subtracted from every round
    round_s: float  #: seconds of calls per round, well above the clock's resolution

    @property
    def unheld(self) -> str | None:
        """Why not all calls of a round are queued before the first one starts; None if they are."""
        ...

    def prepare(self, subjects: Mapping[str, Subject], phase: str) -> int:
        """Warm the variants of a case up; returns how many calls fill a round, the same for each variant."""
        ...

    def round(self, subject: Subject, phase: str, calls: int) -> Round:
        """Make `calls` calls and time them."""
        ...


class HostClock:
    """Each call bracketed by the host's monotonic clock, minus the calibrated cost of an empty bracket."""

    round_s = 100e-6
    most_calls = 64
    unheld = None  # nothing is queued on a host

    def __init__(self, now: Callable[[], int] = time.perf_counter_ns) -> None:
        self._now = now
        self.empty_call_s = NS * statistics.median(_empty_bracket(now) for _ in range(2_000))

    def prepare(self, subjects: Mapping[str, Subject], phase: str) -> int:
        """See `calls_per_round`, which also warms up."""
        return calls_per_round(self, subjects, phase, self.most_calls)

    def round(self, subject: Subject, phase: str, calls: int) -> Round:
        """The mean of `calls` calls, in seconds."""
        return Round(NS * bracketed(subject, phase, calls, self._now) / calls - self.empty_call_s)


def calls_per_round(clock: Clock, subjects: Mapping[str, Subject], phase: str, most: int) -> int:
    """How many calls, at most `most`, fill a round, the same for all subjects; timing them warms them up."""
    slowest = 0.0
    for subject in subjects.values():
        # The lowest of a few: one interrupted call must not make a round hold a single call.
        fastest = min(clock.round(subject, phase, 1).seconds for _ in range(2))
        if fastest < SLOW_ROUNDS * clock.round_s:
            fastest = min(clock.round(subject, phase, 2).seconds for _ in range(3))
        slowest = max(slowest, fastest)
    return calls_to_fill(clock.round_s, slowest, most)


def calls_to_fill(round_s: float, call_s: float, most: int) -> int:
    """How many calls of `call_s` seconds fill a round of `round_s`: from one to `most`."""
    return max(1, min(most, math.ceil(round_s / max(call_s, 1e-7))))


def _empty_bracket(now: Callable[[], int]) -> int:
    start = now()
    stop = now()
    return stop - start


def bracketed(subject: Subject, phase: str, calls: int, counter: Callable[[], int]) -> int:
    """How much a counter (nanoseconds, page faults) grows during the phase's statement, summed over calls."""
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
    """Minor page faults per call, the median of a few calls, counted for all threads of this process."""
    return float(statistics.median(bracketed(subject, phase, 1, _minor_faults) for _ in range(calls)))


def _minor_faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
