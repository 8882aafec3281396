"""What the other axes change: each case that differs from its op's plain case on one axis, against that plain case.

A geomean over all bfloat16 cases and one over all float32 cases are of different ops. Here both sides hold the same
pairs in the same phases at the same sizes, so they differ only by the axis.
"""

import numpy as np
import pandas as pd

from analysis.numbers.case_row import OpRow, op_rows
from analysis.numbers.geomeans import geomean
from analysis.numbers.plain import PLAIN
from analysis.numbers.quantities import PEAK_BYTES, STEP_PEAK_BYTES
from analysis.numbers.sizes import distance
from benchmarks.record import PHASES
from benchmarks.record.interval import VERDICTS

#: The axes in the order they are shown: those of `plain`, and the heap regime.
AXES = ("dtype", "layout", "operand", "other_requires_grad", "allocator")
_COLUMNS = ("axis", "value", "phase", "cases", "pairs", "speedup", "plain_speedup")
_COLUMNS += tuple(name.replace(" ", "_") for name in VERDICTS)
_MEMORY = ("memory_cases", "memory_ratio", "plain_memory_ratio")


def effects(cases: pd.DataFrame) -> pd.DataFrame:
    """A row per value of an axis and phase, axes as in AXES, values by name.

    `cases` and `pairs` count what was compared. `speedup` and `plain_speedup` are geomeans over the same pairs, phase,
    sizes, threads and heap; so are `memory_ratio` and `plain_memory_ratio` (of peaks; of a whole step's where there is
    one), over the `memory_cases` whose bytes are known on both sides. One more column per verdict counts its cases.
    """
    found = _with_partners(cases)
    grouped = found.groupby(["axis", "value", "phase"], sort=False)
    rows = [(*key, *_speeds(mine), *_memory(mine, str(key[0]))) for key, mine in grouped]
    table = pd.DataFrame(rows, columns=[*_COLUMNS, *_MEMORY])
    ranks = {"axis": AXES.index, "phase": PHASES.index}
    by = ["axis", "value", "phase"]
    table = table.sort_values(by, key=lambda column: column.map(ranks.get(str(column.name), str)), kind="stable")
    return table[table["cases"] + table["memory_cases"] > 0].reset_index(drop=True)


def _with_partners(cases: pd.DataFrame) -> pd.DataFrame:
    """Each case that differs from a plain one on one `axis` (by `value`), and the plain one's numbers (`plain_...`)."""
    plain: dict[tuple, list[OpRow]] = {}
    for row in op_rows(cases[cases["plain"]]):
        plain.setdefault((*_place(row), row.allocator), []).append(row)
    rows = []
    for row in op_rows(cases):
        heap = row.plain and row.allocator == "fresh"
        axis = "allocator" if heap else row.other_axes[0] if len(row.other_axes) == 1 else None
        there = plain.get((*_place(row), "retained" if heap else row.allocator))
        if axis and there:
            partner = min(
                there, key=lambda other, row=row: (other.shape != row.shape, distance(other.numel, row.numel))
            )
            about = axis, str(getattr(row, axis)), row.phase, row.family, row.pair, row.verdict
            rows.append((*about, *_both(row, partner)))
    names = ["axis", "value", "phase", "family", "pair", "verdict", "log_speedup", "plain_log_speedup"]
    return pd.DataFrame(rows, columns=[*names, "memory", "plain_memory"])


def _place(row: OpRow) -> tuple:
    return row.family, row.pair, row.phase, row.size, row.threads


def _both(row: OpRow, partner: OpRow) -> tuple[float, ...]:
    """Speedups in logarithms, then memory ratios, of a case and its partner; NaN where either side has none."""
    judged = isinstance(row.verdict, str) and isinstance(partner.verdict, str)
    speeds = (row.log_speedup, partner.log_speedup) if judged else (np.nan, np.nan)
    bytes_ = _memory_ratio(row), _memory_ratio(partner)
    return (*speeds, *(bytes_ if not any(np.isnan(bytes_)) else (np.nan, np.nan)))


def _memory_ratio(row: OpRow) -> float:
    whole = getattr(row, STEP_PEAK_BYTES.ratio) if row.phase in ("backward", "step") else np.nan
    return getattr(row, PEAK_BYTES.ratio) if np.isnan(whole) else whole


def _speeds(mine: pd.DataFrame) -> tuple:
    known = mine[mine["log_speedup"].notna()]
    pairs = len(known[["family", "pair"]].drop_duplicates())
    means = [float(np.exp(known[name].mean())) for name in ("log_speedup", "plain_log_speedup")]
    return len(known), pairs, *means, *(int((known["verdict"] == name).sum()) for name in VERDICTS)


def _memory(mine: pd.DataFrame, axis: str) -> tuple:
    """Memory ratios of both sides; none for the heap, which changes no count of bytes."""
    known = mine[mine["memory"].notna()] if axis in PLAIN else mine.iloc[:0]
    return len(known), geomean(known["memory"]), geomean(known["plain_memory"])
