"""The interval of a speedup over passes, and the verdict it allows."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from benchmarks.record import sign_test_rank

FASTER, SLOWER, NO_DIFFERENCE, INCONCLUSIVE = VERDICTS = ("faster", "slower", "no difference", "inconclusive")


def interval(values: Sequence[float], confidence: float) -> tuple[float, float] | None:
    """The sign-test interval of the median of `values`, in their unit; None where there are too few for one."""
    rank = sign_test_rank(len(values), confidence)
    if rank == 0:
        return None
    ordered = np.sort(np.asarray(values, dtype=float))
    return float(ordered[rank - 1]), float(ordered[-rank])


def case_intervals(passes: pd.DataFrame, columns: tuple[str, str, str], confidence: float) -> pd.DataFrame:
    """Per case of `passes` the median of the first of `columns`, under its name, and under the names of the others the
    ends of its interval, NaN where there are too few passes; a case without any value has no row."""
    values = passes.dropna(subset=[columns[0]]).groupby("case_number", sort=False)[columns[0]]
    found = {
        number: (of_case.median(), *(interval(of_case.tolist(), confidence) or (np.nan, np.nan)))
        for number, of_case in values
    }
    return pd.DataFrame.from_dict(found, orient="index", columns=list(columns), dtype=float)


@lru_cache
def passes_needed(confidence: float) -> int:
    """The fewest passes that give an interval: 6 at 95 %."""
    return next(n for n in range(1, 1_000) if sign_test_rank(n, confidence))


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


def verdicts(table: pd.DataFrame, columns: tuple[str, str, str], limits: dict[str, float]) -> pd.Series:
    """The verdict of each row's speedup, which stands in the first of `columns` and its interval in the others:
    `inconclusive` without an interval, None without a speedup."""
    words = []
    for speedup, low, high in zip(*(table[name] for name in columns), strict=True):
        known = verdict(low, high, limits["difference"], limits["equivalence"])
        words.append(None if np.isnan(speedup) else INCONCLUSIVE if np.isnan(low) else known)
    return pd.Series(words, table.index, dtype=object)
