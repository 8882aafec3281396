"""The intervals of a table's cases, and their verdicts."""

import numpy as np
import pandas as pd

from benchmarks.record.interval import INCONCLUSIVE, interval, verdict


def case_intervals(passes: pd.DataFrame, columns: tuple[str, str, str], confidence: float) -> pd.DataFrame:
    """Per case of `passes`: the median of the first of `columns`, and the ends of its interval under the names of the
    other two (NaN for too few passes). A case without any value has no row."""
    values = passes.dropna(subset=[columns[0]]).groupby("case_number", sort=False)[columns[0]]
    found = {
        number: (of_case.median(), *(interval(of_case.tolist(), confidence) or (np.nan, np.nan)))
        for number, of_case in values
    }
    return pd.DataFrame.from_dict(found, orient="index", columns=list(columns), dtype=float)


def verdicts(table: pd.DataFrame, columns: tuple[str, str, str], limits: dict[str, float]) -> pd.Series:
    """The verdict of each row. `columns`: the speedup, and the ends of its interval. `inconclusive` without an
    interval, None without a speedup."""
    words = []
    for speedup, low, high in zip(*(table[name] for name in columns), strict=True):
        known = verdict(low, high, limits["difference"], limits["equivalence"])
        words.append(None if np.isnan(speedup) else INCONCLUSIVE if np.isnan(low) else known)
    return pd.Series(words, table.index, dtype=object)
