"""The interval of a median, and the verdict for an interval of a speedup."""

from collections.abc import Sequence
from functools import lru_cache

from benchmarks.record.speedup import sign_test_rank

FASTER, SLOWER, NO_DIFFERENCE, INCONCLUSIVE = VERDICTS = ("faster", "slower", "no difference", "inconclusive")


def interval(values: Sequence[float], confidence: float) -> tuple[float, float] | None:
    """The sign-test interval of the median of `values`, in their unit; None if there are too few values."""
    rank = sign_test_rank(len(values), confidence)
    if rank == 0:
        return None
    ordered = sorted(values)
    return float(ordered[rank - 1]), float(ordered[-rank])


@lru_cache
def passes_needed(confidence: float) -> int:
    """The fewest passes that give an interval: 6 at 95 %."""
    return next(n for n in range(1, 1_000) if sign_test_rank(n, confidence))


def verdict(low: float, high: float, difference: float, equivalence: float) -> str:
    """The verdict for a speedup's interval `low` to `high`; the thresholds are shares of 1.

    In this order: `faster` or `slower` if the whole interval is beyond 1 +/- difference; `no difference` if it is
    wholly within 1 +/- equivalence; otherwise `inconclusive`.
    """
    if low > 1 + difference:
        return FASTER
    if high < 1 - difference:
        return SLOWER
    if low >= 1 - equivalence and high <= 1 + equivalence:
        return NO_DIFFERENCE
    return INCONCLUSIVE
