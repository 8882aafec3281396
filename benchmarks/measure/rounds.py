"""Interleaved paired rounds, and when to stop.

The two variants run in blocks AB BA (or BA AB, at random): drift slower than a block affects both alike, and drift
linear within a block cancels. A block yields one value, the mean of its two log ratios; their spread says when to stop.

Where tensors lie in memory decides which cache lines they share, and with that part of the speedup. A process whose
tensors never moved would measure one such place, so they move.
"""

import gc
import math
import random
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.inputs import Subject
from benchmarks.measure.clock import Clock, Round
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS, block_log_ratios
from benchmarks.record.interval import interval

#: Precision is looked at after these numbers of blocks only: a look after each block would stop at lucky moments.
LOOKS = (8, 12, 18, 27, 40, 60, 90, 135, 202, 303, 454, 681)

#: A case may exceed its time by this factor to reach the first look; slower ones stop at FEWEST blocks.
OVERRUN = 2
FEWEST = 2

#: Tensors stay at one address for at least PLACE_S seconds and FEWEST blocks. The tensors of the last PLACES_KEPT
#: places are kept alive, so that new ones cannot get the same memory.
PLACE_S, PLACES_KEPT = 0.002, 4


@dataclass(frozen=True)
class Budget:
    """Time for the rounds of one case in one pass, and the within-pass half-width (share of 1) that is enough."""

    seconds: float
    precision: float


@dataclass(frozen=True)
class Rounds:
    """Results of one case's rounds: seconds per call of every round, by variant, two rounds per block."""

    times_s: Mapping[str, tuple[float, ...]]
    host_times_s: Mapping[str, tuple[float, ...]]
    calls_per_round: int
    rounds_s: float  #: wall time spent in rounds
    clock_hz: float | None = None  #: the GPU's clock during the rounds, the median
    throttled_blocks: int | None = None  #: blocks in which the GPU was slowed down; None if its driver does not say
    dropped_blocks: int | None = None  #: of these, left out, since FEWEST others remained


_Block = dict[str, list[Round]]  #: two rounds per variant


def run_rounds(
    subjects: Mapping[str, Subject],
    phase: str,
    clock: Clock,
    budget: Budget,
    generator: random.Random,
    elsewhere: Callable[[], Mapping[str, Subject]] | None = None,
) -> Rounds:
    """Warm both variants up, then run blocks until the budget's time or precision is reached.

    `elsewhere` makes the same subjects with tensors at other addresses; None: they stay.
    """
    began = time.perf_counter()
    calls = clock.prepare(subjects, phase)
    own: list[_Block] = []
    slowed: list[_Block] = []
    unheld, start = clock.unheld, time.perf_counter()
    left, arrived, arrived_s = deque[Mapping[str, Subject]](maxlen=PLACES_KEPT), 0, start
    while not _enough(own, blocks := len(own) + len(slowed), (now := time.perf_counter()) - start, budget):
        if elsewhere and blocks - arrived >= FEWEST and now - arrived_s >= PLACE_S:
            left.append(subjects)
            subjects, arrived, arrived_s = elsewhere(), blocks, now
            for variant in VARIANTS:  # the first call faults in the pages of the new memory
                clock.round(subjects[variant], phase, 1)
        first, second = generator.sample(VARIANTS, 2)
        block: _Block = {first: [], second: []}
        for variant in (first, second, second, first):
            block[variant].append(clock.round(subjects[variant], phase, calls))
        if clock.unheld != unheld:
            own, slowed, unheld = [], [], clock.unheld  # held rounds do not compare with the coming ones
        else:
            (slowed if _is_throttled(block) else own).append(block)
    used = own if len(own) >= FEWEST else own + slowed
    watched = any(map(_is_watched, used))
    clocks = [each.clock_hz for block in used for each in (*block[OUTOFPLACE], *block[INPLACE]) if each.clock_hz]
    return Rounds(
        times_s={variant: _rounded(_times(used, variant)) for variant in VARIANTS},
        host_times_s={variant: _rounded(_host_times(used, variant)) for variant in VARIANTS},
        calls_per_round=calls,
        rounds_s=time.perf_counter() - began,
        clock_hz=statistics.median(clocks) if clocks else None,
        throttled_blocks=len(slowed) if watched else None,
        dropped_blocks=len(own) + len(slowed) - len(used) if watched else None,
    )


def _is_throttled(block: _Block) -> bool:
    return any(each.throttled for rounds in block.values() for each in rounds)


def _is_watched(block: _Block) -> bool:
    return any(each.throttled is not None for rounds in block.values() for each in rounds)


def _times(blocks: Iterable[_Block], variant: str) -> list[float]:
    return [each.seconds for block in blocks for each in block[variant]]


def _host_times(blocks: Iterable[_Block], variant: str) -> list[float]:
    return [each.host_s for block in blocks for each in block[variant] if each.host_s is not None]


def _rounded(values: Iterable[float]) -> tuple[float, ...]:
    # Picoseconds are far below any clock's step; longer digits would only fill the journal.
    return tuple(round(value, 12) for value in values)


def _enough(own: list[_Block], blocks: int, elapsed_s: float, budget: Budget) -> bool:
    """Whether to stop; `own`: the blocks in which the GPU was not slowed down."""
    if elapsed_s >= OVERRUN * budget.seconds and blocks >= FEWEST:
        return True
    if len(own) < LOOKS[0]:
        return False
    if elapsed_s >= budget.seconds:
        return True
    return len(own) in LOOKS and _half_width_of(own) <= budget.precision


def _half_width_of(blocks: list[_Block]) -> float:
    return half_width(block_log_ratios(_times(blocks, OUTOFPLACE), _times(blocks, INPLACE)))


def half_width(values: list[float], confidence: float = 0.95) -> float:
    """Half the width of the sign-test interval of the median; infinite if there are too few values."""
    bounds = interval(values, confidence)
    return math.inf if bounds is None else (bounds[1] - bounds[0]) / 2


@contextmanager
def quiet_collector() -> Iterator[None]:
    """No garbage collection for a whole pass: live objects are frozen, and the collector is off."""
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
