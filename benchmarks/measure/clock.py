"""Clocks: the seconds one call takes. Here what all clocks have in common, and the host's; `cuda_clock` is a GPU's.

A clock's `prepare(subjects, phase)` gets a case ready and says how many calls fill a round. Its `round(subject, phase,
calls)` makes that many calls, each on an input of its own that is made untimed, and returns seconds per call. What lies
between start and stop is the phase's statement and nothing else:

- inference, forward: `x = op(x)`; letting go of the old `x` belongs to the call, as in user code
- backward: `gradients = backward(y)`; `y` was made untimed, the graph is let go after the stop
- step: `x = op(x); gradients = backward(x)`, all let go after the stop
"""

import math
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from benchmarks.inputs import Subject

NS = 1e-9

#: A call that fills this many rounds by itself is warm after two: that a round holds one is clear, and asking again
#: would only cost its budget.
SLOW_ROUNDS = 3


class Round(NamedTuple):
    """Seconds per call of one round, and what only a GPU's clock knows beside them."""

    seconds: float
    host_s: float | None = None  #: seconds per call until it returned to the host
    clock_hz: float | None = None  #: the SM clock, read while the calls ran
    throttled: bool | None = None  #: whether the GPU was slowed down while the calls ran; None: not known


class Clock(Protocol):
    """What rounds.py needs of a clock."""

    empty_call_s: float  #: the clock's own cost per call, taken off every round
    round_s: float  #: seconds of calls a round should hold, well above the clock's resolution

    @property
    def unheld(self) -> str | None:
        """Why the calls of this case are not all queued before the first one starts; None where they are."""
        ...

    def prepare(self, subjects: Mapping[str, Subject], phase: str) -> int:
        """Warm the variants of a case up; how many calls fill a round, the same for each of them."""
        ...

    def round(self, subject: Subject, phase: str, calls: int) -> Round:
        """Make `calls` calls."""
        ...


class HostClock:
    """Each call bracketed by the host's monotonic clock, less the calibrated cost of an empty bracket."""

    round_s = 100e-6
    most_calls = 64
    unheld = None  # nothing is queued on a host

    def __init__(self, now: Callable[[], int] = time.perf_counter_ns) -> None:
        self._now = now
        self.empty_call_s = NS * statistics.median(_empty_bracket(now) for _ in range(2_000))

    def prepare(self, subjects: Mapping[str, Subject], phase: str) -> int:
        """See `calls_per_round`, which warms up what it asks."""
        return calls_per_round(self, subjects, phase, self.most_calls)

    def round(self, subject: Subject, phase: str, calls: int) -> Round:
        """The mean of `calls` calls, in seconds."""
        return Round(NS * bracketed(subject, phase, calls, self._now) / calls - self.empty_call_s)


def calls_per_round(clock: Clock, subjects: Mapping[str, Subject], phase: str, most: int) -> int:
    """How many calls, `most` at most, fill a round, the same for all subjects; asking warms them up."""
    slowest = 0.0
    for subject in subjects.values():
        # The lowest of a few: one interrupted call must not decide that a round holds a single one.
        fastest = min(clock.round(subject, phase, 1).seconds for _ in range(2))
        if fastest < SLOW_ROUNDS * clock.round_s:
            fastest = min(clock.round(subject, phase, 2).seconds for _ in range(3))
        slowest = max(slowest, fastest)
    return calls_to_fill(clock.round_s, slowest, most)


def calls_to_fill(round_s: float, call_s: float, most: int) -> int:
    """How many calls of `call_s` seconds fill a round of `round_s`: one at least, `most` at most."""
    return max(1, min(most, math.ceil(round_s / max(call_s, 1e-7))))


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
