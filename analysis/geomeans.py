"""Which cases may share a headline, and geomeans of their speedups by family, phase or size."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.intervals import FASTER, INCONCLUSIVE, NO_DIFFERENCE, SLOWER
from analysis.load import Run
from analysis.ratios import case_table
from benchmarks.record import PHASES


@dataclass(frozen=True)
class Section:
    """The cases of one run on one device: the widest set whose ratios are ever put into one number."""

    run: Run
    device: str
    cases: pd.DataFrame  #: rows of `ratios.case_table`, and `label`: the op's name, unique among its variants


def sections(runs: Iterable[Run]) -> list[Section]:
    """One section a run and device, in the order of the runs, then of the devices' names."""
    parts = [(run, device, cases) for run in runs for device, cases in case_table(run).groupby("device")]
    return [Section(run, device, cases.assign(label=op_labels(cases))) for run, device, cases in parts]


def op_labels(cases: pd.DataFrame) -> pd.Series:
    """The pair's name; where a pair comes with several other operands, or with and without their gradient, that too."""
    labels = cases["pair"].copy()
    several = cases.groupby("pair")["operand"].transform("nunique") > 1
    labels[several] += " (" + cases["operand"][several] + ")"
    several = cases.groupby("pair")["other_requires_grad"].transform("nunique") > 1
    labels[several & cases["other_requires_grad"]] += " + grad"
    return labels


def headline(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases with a verdict that speak for the op: those of a warmed-up heap.

    Where every call faults fresh pages in (`fresh`), speedups are ten times larger and say what the kernel costs: they
    are shown apart, and only speak where a run has nothing else.
    """
    judged = cases[cases["verdict"].notna()]
    warm = judged[judged["allocator"] != "fresh"]
    return judged if warm.empty else warm


def fresh(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases with a verdict that `headline` leaves out."""
    judged = cases[cases["verdict"].notna()]
    return judged.drop(headline(cases).index)


def geomeans(cases: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """A row a value of the columns `by`: geomean `speedup`, `n` and how many cases have which verdict.

    Cases without a verdict (failed, bistable) carry no weight and are not counted; inconclusive ones are both.
    """
    judged = cases[cases["verdict"].notna()]
    grouped = judged.groupby(by, sort=False)
    table = pd.DataFrame({"speedup": np.exp(grouped["log_speedup"].mean()), "n": grouped.size()})
    for name in (FASTER, SLOWER, NO_DIFFERENCE, INCONCLUSIVE):
        counts = judged[judged["verdict"] == name].groupby(by, sort=False).size()
        table[name.replace(" ", "_")] = counts.reindex(table.index, fill_value=0).astype(int)
    return _in_order(table.reset_index(), by)


def geomean(ratios: pd.Series) -> float | None:
    """Of the ratios that are known and above zero; None where there is none."""
    values = ratios.dropna()
    values = values[values > 0]
    return float(np.exp(np.log(values).mean())) if len(values) else None


def _in_order(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Families as the run has them, phases as a step goes through them, sizes upwards."""
    if "numel" in by:
        table = table.sort_values("numel", kind="stable")
    if "phase" in by:
        table = table.sort_values("phase", key=lambda names: names.map(PHASES.index), kind="stable")
    return table.reset_index(drop=True)


def typical(cases: pd.DataFrame) -> pd.DataFrame:
    """The slice that shows most ops side by side: one size, dtype, layout, shape and thread count.

    The one with the most ops; of several nearly complete ones (nine tenths of the ops) the largest size, where a call
    does the most work for its overhead. So one figure never mixes sizes, and says which it shows.
    """
    axes = ["numel", "shape", "dtype", "layout", "threads"]
    if cases.empty:
        return cases
    counts = cases.groupby(axes, sort=False)["label"].nunique().reset_index(name="ops")
    enough = counts[counts["ops"] >= 0.9 * counts["ops"].max()]
    chosen = enough.sort_values(["numel", "ops"], kind="stable").iloc[-1]
    same = pd.Series(True, cases.index)
    for axis in axes:
        same &= cases[axis].map(lambda value, wanted=chosen[axis]: value == wanted)
    return cases[same].drop_duplicates("label")
