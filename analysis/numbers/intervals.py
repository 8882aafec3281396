"""The interval of a speedup over passes, and the verdict it allows."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.stats import quantile_test

FASTER, SLOWER, NO_DIFFERENCE, INCONCLUSIVE = VERDICTS = ("faster", "slower", "no difference", "inconclusive")


@lru_cache
def sign_test_ranks(n: int, confidence: float) -> tuple[int, int] | None:
    """Which two of `n` sorted values bound the sign-test interval of their median, counted from 0; None for few.

    `scipy.stats.quantile_test` takes 1 ms a call, and its bounds are order statistics that depend on `n` alone:
    asked once about the values 0 ... n - 1, it answers with the ranks.
    """
    if n < 1:
        return None
    low, high = quantile_test(np.arange(n, dtype=float), q=0, p=0.5).confidence_interval(confidence)
    return None if np.isnan(low) or np.isnan(high) else (int(low), int(high))


def interval(values: Sequence[float], confidence: float) -> tuple[float, float] | None:
    """The sign-test interval of the median of `values`, in their unit; None where there are too few for one."""
    ranks = sign_test_ranks(len(values), confidence)
    if ranks is None:
        return None
    ordered = np.sort(np.asarray(values, dtype=float))
    return float(ordered[ranks[0]]), float(ordered[ranks[1]])


@lru_cache
def passes_needed(confidence: float) -> int:
    """The fewest passes that give an interval: 6 at 95 %."""
    return next(n for n in range(1, 1_000) if sign_test_ranks(n, confidence) is not None)


def verdict(low: float, high: float, difference: float, equivalence: float) -> str:
    """What the interval `low` to `high` of a speedup allows to say; the thresholds are shares of 1.

    In this order: `faster` or `slower` where the whole interval lies beyond 1 +/- difference, else `no difference`
    where it lies wholly within 1 +/- equivalence, else `inconclusive`.
    """
    if low > 1 + difference:
        return FASTER
    if high < 1 - difference:
        return SLOWER
    if low >= 1 - equivalence and high <= 1 + equivalence:
        return NO_DIFFERENCE
    return INCONCLUSIVE
