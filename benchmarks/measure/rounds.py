"""Interleaved paired rounds, and when to stop.

The two variants run in blocks AB BA (or BA AB, at random): what drifts slower than a block hits both alike, and
what is linear within a block cancels. A block yields one value, the mean of its two log ratios.
"""

import gc
import math
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.inputs import Subject
from benchmarks.measure.clock import Clock
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS, block_log_ratios, sign_test_rank

#: Looked at after these blocks only: a look after each block would stop at lucky moments.
LOOKS = (8, 12, 18, 27, 40, 60, 90, 135, 202, 303, 454, 681)

#: A case may run over its time by this factor to reach the first look; slower ones stop at FEWEST blocks.
OVERRUN = 2
FEWEST = 2

#: A call that fills this many rounds by itself is warm after two: asking again would only cost its budget.
SLOW_ROUNDS = 20


@dataclass(frozen=True)
class Budget:
    """Time for the rounds of one case in one pass, and the within-pass half-width (share of 1) that is enough."""

    seconds: float
    precision: float


@dataclass(frozen=True)
class Rounds:
    """What the rounds of one case gave: seconds per call of every round, by variant, two rounds a block."""

    times_s: Mapping[str, tuple[float, ...]]
    host_times_s: Mapping[str, tuple[float, ...]]
    calls_per_round: int
    rounds_s: float  #: wall time spent in rounds


def run_rounds(
    subjects: Mapping[str, Subject], phase: str, clock: Clock, budget: Budget, generator: random.Random
) -> Rounds:
    """Warm both variants up, then run blocks until the budget's time or precision is reached."""
    began = time.perf_counter()
    calls = _calls_per_round(subjects, phase, clock)
    times: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    host: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    blocks, start = 0, time.perf_counter()
    while not _enough(blocks, time.perf_counter() - start, times, budget):
        first, second = generator.sample(VARIANTS, 2)
        for variant in (first, second, second, first):
            seconds, host_s = clock.round(subjects[variant], phase, calls)
            times[variant].append(seconds)
            if host_s is not None:
                host[variant].append(host_s)
        blocks += 1
    return Rounds(_frozen(times), _frozen(host), calls, time.perf_counter() - began)


def _frozen(series: Mapping[str, list[float]]) -> dict[str, tuple[float, ...]]:
    # Picoseconds are far below any clock's step; longer digits would only fill the journal.
    return {variant: tuple(round(value, 12) for value in values) for variant, values in series.items()}


def _calls_per_round(subjects: Mapping[str, Subject], phase: str, clock: Clock) -> int:
    """How many calls fill a round, the same for both variants; asking warms both of them up."""
    usual = 0.0
    for variant in VARIANTS:
        # The lowest of a few: one interrupted call must not decide that a round holds a single one.
        fastest = min(clock.round(subjects[variant], phase, 1).seconds for _ in range(2))
        if fastest < SLOW_ROUNDS * clock.round_s:
            fastest = min(clock.round(subjects[variant], phase, 2).seconds for _ in range(3))
        usual = max(usual, fastest)
    return max(1, min(clock.most_calls, math.ceil(clock.round_s / max(usual, 1e-7))))


def _enough(blocks: int, elapsed_s: float, times: Mapping[str, list[float]], budget: Budget) -> bool:
    if elapsed_s >= OVERRUN * budget.seconds and blocks >= FEWEST:
        return True
    if blocks < LOOKS[0]:
        return False
    if elapsed_s >= budget.seconds:
        return True
    return blocks in LOOKS and half_width(block_log_ratios(times[OUTOFPLACE], times[INPLACE])) <= budget.precision


def half_width(values: list[float], confidence: float = 0.95) -> float:
    """Half the width of the sign-test interval of the median; infinite where there are too few values for one."""
    rank = sign_test_rank(len(values), confidence)
    if rank == 0:
        return math.inf
    ordered = sorted(values)
    return (ordered[-rank] - ordered[rank - 1]) / 2


@contextmanager
def quiet_collector() -> Iterator[None]:
    """No garbage collection inside, for a whole pass: what lives is frozen, the collector is off."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()
