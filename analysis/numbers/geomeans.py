"""Which cases may share a headline, and geomeans of their speedups by family, phase or size."""

import numpy as np
import pandas as pd

from analysis.numbers.sizes import distance
from benchmarks.record import PHASES
from benchmarks.record.interval import VERDICTS


def headline(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases with a verdict that represent their op: its plain ones (see `plain`), on a retained heap.

    On a fresh heap (`on_fresh_heap`) every call faults pages in; speedups are ten times larger and show the kernel's
    cost. Such cases have rows of their own, and count here only where a run has no others.
    """
    judged = _representative(cases)
    warm = judged[judged["allocator"] != "fresh"]
    return judged if warm.empty else warm


def on_fresh_heap(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases that `headline` leaves out only because of their fresh heap."""
    return _representative(cases).drop(headline(cases).index)


def _representative(cases: pd.DataFrame) -> pd.DataFrame:
    judged = cases[cases["verdict"].notna()]
    plain = judged[judged["plain"]]
    return judged if plain.empty else plain


def geomeans(cases: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """A row per value of the columns `by`: geomean `speedup`, `n`, a count of cases per verdict, `felt_speedup`, and in
    how many cases the host decides (`host_decides`); the last two are empty on a CPU.

    Cases without a verdict (failed, bistable) are neither weighed nor counted; inconclusive ones are.
    """
    asked = [*by, "verdict", "speedup", "log_speedup", "felt_speedup", "host_decides"]
    judged = cases.loc[cases["verdict"].notna(), asked]  # only these: a hundred columns take longer to copy than to add
    grouped = judged.assign(
        felt=np.log(judged["felt_speedup"].fillna(judged["speedup"])),
        decides=judged["host_decides"].eq(True),
        known=judged["host_decides"].notna(),
        **{name: judged["verdict"] == name for name in VERDICTS},
    ).groupby(by, sort=False)
    # Few groupings of many columns: each takes as long for ten cases as for ten thousand, and a report has many.
    means, counts = grouped[["log_speedup", "felt"]].mean(), grouped[["decides", "known", *VERDICTS]].sum()
    table = pd.DataFrame({"speedup": np.exp(means["log_speedup"]), "n": grouped.size()})
    for name in VERDICTS:
        table[name.replace(" ", "_")] = counts[name].astype(int)
    table["host_decides"] = counts["decides"].astype("Int64").where(counts["known"] > 0)
    table["felt_speedup"] = np.exp(means["felt"]).where(table["host_decides"].notna())
    return _in_order(table.reset_index(), by)


def geomean(ratios: pd.Series) -> float | None:
    """The geomean of the ratios that are known, finite and above zero; None where there is none."""
    values = ratios.dropna()
    values = values[(values > 0) & (values < np.inf)]
    return float(np.exp(np.log(values).mean())) if len(values) else None


def _in_order(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Families in the run's order, phases in a step's order, sizes upwards."""
    if "size" in by:
        table = table.sort_values("size", kind="stable")
    if "phase" in by:
        table = table.sort_values("phase", key=lambda names: names.map(PHASES.index), kind="stable")
    return table.reset_index(drop=True)


def at_typical_size(cases: pd.DataFrame, share: float) -> tuple[int | None, pd.DataFrame]:
    """A typical size, and per op its plain case at that size, on a retained heap.

    The size is the largest that is measured for at least `share` of the number of ops of the commonest size: there a
    call does the most work for its overhead. An op without a case of that size has its nearest one, so that it can be
    named.
    """
    shown = cases[cases["plain"]]
    warm = shown[shown["allocator"] != "fresh"]
    shown = shown if warm.empty else warm
    if shown.empty:
        return None, shown
    ops = shown.groupby("size")["label"].nunique()
    size = int(ops[ops >= share * ops.max()].index.max())
    many = shown["threads"].max()
    far = pd.Series([distance(size, int(numel)) for numel in shown["numel"]], shown.index)
    shown = shown.assign(off_size=shown["size"] != size, few=many - shown["threads"], far=far)
    shown = shown.sort_values(["off_size", "far", "few"], kind="stable")
    return size, shown.drop_duplicates("label").drop(columns=["few", "far"])
