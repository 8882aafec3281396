"""Judges times over passes: the speedup of each case first, then the times of its variants; which are alarms?

On a GPU whose host decides, both are judged twice: the device's, and the felt ones.

A quantity is worse if the change is significant after Holm's correction for the number of cases, and large enough to
matter. Speedups and times get half of the chance of a false alarm each. The smallest relevant change applies to the
estimate and not to its interval: to show that 10 % is more than 5 % takes thrice the passes of showing that it is more
than 0.

A *suspect* is worse by enough, with a small p before correction. It may be measured again. The alarm then needs Holm,
over all cases as before, on HEAD's passes and the new ones together; and the new ones alone must show it. More data is
taken only where something may be wrong, which can only favour HEAD, so no false alarm is added. A 10 % slower variant
whose passes scatter by 3.5 % is found in 9 of 10 comparisons of six passes, and in 5 without the second look
(simulated: 40 cases, with the spread of the reference run's 694; 0.2 % of comparisons of the same code alarm).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log1p
from typing import Protocol, cast

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from analysis.gate import drift
from analysis.gate.change import BETTER, UNCHANGED, UNRESOLVED, WORSE, Change, Limits
from analysis.gate.gated_run import ALL_TIMES, SPEEDUPS, TIMED_QUANTITIES, GatedRun
from analysis.gate.statistics import Contrast, alarm_difference, compare_trimmed_means, holm
from benchmarks.record import Case

#: The fewest passes of each run from which their scatter is estimated.
FEWEST_PASSES = 3
#: The largest natural log that is kept: its exponential still fits a float. So much noise never alarms.
_FARTHEST = 700.0
#: Quantities that are corrected together.
FAMILIES = (SPEEDUPS, ALL_TIMES)
#: The one-sided p, before any correction, below which a change is worth a look in fresh processes. Absolute times
#: scatter so much that at 0.01 every second run of 40 cases shows a rise by 10 %.
SUSPECT_P = {**dict.fromkeys(SPEEDUPS, 0.01), **dict.fromkeys(ALL_TIMES, 0.001)}


@dataclass(frozen=True)
class Look:
    """One quantity of all cases: its test, its medians (`base`, `head`, natural logs), Holm's p on both sides."""

    test: Contrast
    medians: pd.DataFrame
    worse: pd.Series
    better: pd.Series
    alpha: float
    among: int  #: tests that are corrected together
    relevant: float  #: natural log
    suspect_p: float

    @property
    def suspects(self) -> pd.Index:
        """The cases that are worth measuring again."""
        table = self.test.table
        surely = (table["p_above"] <= self.suspect_p) | (self.worse <= self.alpha)
        return table.index[surely & (table["difference"] >= self.relevant)]


@dataclass(frozen=True)
class FirstLook:
    """All quantities, and the drift that was taken off the times, by quantity and kind."""

    looks: dict[str, Look]
    shifts: dict[tuple[str, tuple], float]


def first_look(base: GatedRun, head: GatedRun, limits: Limits) -> FirstLook:
    """Compares `head` with `base` in every case that both measured."""
    tests, medians, shifts = {}, {}, {}
    for quantity in TIMED_QUANTITIES:
        if any(run.passes[quantity].isna().all() for run in (base, head)):
            continue
        (first, second), moved = values_of(quantity, base, head)
        both = with_enough_passes(first) & with_enough_passes(second)
        first, second = (values[values.index.isin(both)] for values in (first, second))
        if not len(both):
            continue
        tests[quantity] = compare_trimmed_means(first, second, kind=drift.case_kind)
        medians[quantity] = medians_of(first, second)
        shifts |= {(quantity, kind): by_run["1"] for kind, by_run in moved.items() if "1" in by_run}
    looks = {}
    for family, relevant in zip(FAMILIES, (limits.speedup, limits.time), strict=True):
        present = {name: tests[name] for name in family if name in tests}
        sides = {name: test.table[["p_above", "p_below"]] for name, test in present.items()}
        worse, better = (
            holm_corrected({name: p[side] for name, p in sides.items()}) for side in ("p_above", "p_below")
        )
        among = sum(len(p) for p in worse.values())
        for name, test in present.items():
            decided = (worse[name], better[name], limits.alpha / 2, among, log1p(relevant))
            looks[name] = Look(test, medians[name], *decided, SUSPECT_P[name])
    return FirstLook(looks, shifts)


def holm_corrected(p: dict[str, pd.Series], among: int | None = None) -> dict[str, pd.Series]:
    """Holm's p over all cases of these quantities as one family; `among`: the number of all tests."""
    if not p:
        return {}
    adjusted = holm(np.concatenate([each.to_numpy() for each in p.values()]), among)
    parts = np.split(adjusted, np.cumsum([len(each) for each in p.values()])[:-1])
    return {name: pd.Series(part, each.index) for (name, each), part in zip(p.items(), parts, strict=True)}


def medians_of(first: pd.Series, second: pd.Series) -> pd.DataFrame:
    """By case, both samples' medians over passes: `base`, `head`."""
    base, head = (values.groupby(level=0, observed=True).median() for values in (first, second))
    return pd.DataFrame({"base": base, "head": head})


def values_of(quantity: str, *runs: GatedRun) -> tuple[list[pd.Series], dict[tuple, dict[str, float]]]:
    """`quantity` per pass of each run, indexed by case, times without drift; and the drift by kind."""
    columns = ["pass_number", quantity]
    frames = [run.passes[columns].assign(run=str(number)) for number, run in enumerate(runs)]
    cases = union_categoricals([run.passes["case"] for run in runs])
    together = pd.concat(frames, ignore_index=True).assign(case=cases).dropna(subset=[quantity])
    shifts: dict[tuple, dict[str, float]] = {}
    if quantity not in SPEEDUPS:
        freed = drift.without_drift(together, quantity)
        together, shifts = freed.values.dropna(subset=[quantity]), freed.shifts
    by_case = together.set_index("case")
    return [by_case.loc[by_case["run"] == str(number), quantity] for number in range(len(runs))], shifts


def with_enough_passes(values: pd.Series) -> set[Case]:
    """The cases with enough passes to estimate their scatter."""
    counts = values.groupby(level=0, observed=True).count()
    return set(counts.index[counts >= FEWEST_PASSES])


class TestRow(Protocol):
    """A quantity of a case as tested: natural logarithms that grow as things get worse, and Holm's p."""

    base: float
    head: float
    difference: float
    low: float
    high: float
    worse: float
    alarms_from: float


class FirstLookRow(TestRow, Protocol):
    """A tested quantity of the first look, which also has Holm's p that it is better."""

    better: float


def judge_times(first: FirstLook) -> dict[Case, list[Change]]:
    """The changes of every case after the first look, one per quantity."""
    changes: dict[Case, list[Change]] = {}
    for quantity, look in first.looks.items():
        rows = look.test.table.join(look.medians).assign(worse=look.worse, better=look.better)
        rows["alarms_from"] = alarm_difference(look.test, look.alpha / look.among).clip(look.relevant, _FARTHEST)
        suspects = set(look.suspects)
        for case, row in zip(rows.index, _first_look_rows(rows), strict=True):
            state = UNRESOLVED
            if row.worse <= look.alpha and row.difference >= look.relevant:
                state = WORSE
            elif row.better <= look.alpha and row.difference <= -look.relevant:
                state = BETTER
            elif rules_out_change(row, look):
                state = UNCHANGED
            changes.setdefault(case, []).append(change(quantity, state, row, suspect=case in suspects))
    return changes


def _first_look_rows(rows: pd.DataFrame) -> Iterator[FirstLookRow]:
    return cast("Iterator[FirstLookRow]", rows.itertuples(index=False))


def rules_out_change(row: TestRow, look: Look) -> bool:
    """Whether a change that matters is ruled out."""
    return -look.relevant <= row.low and row.high <= look.relevant


def change(quantity: str, state: str, row: TestRow, suspect: bool, note: str = "") -> Change:
    """Makes a quantity's change of a row of natural logs that grow as things get worse."""
    sign = -1 if quantity in SPEEDUPS else 1
    base, head = (float(np.exp(sign * value)) for value in (row.base, row.head))
    return Change(
        quantity=quantity,
        state=state,
        base=base,
        head=head,
        difference=float(row.difference),
        low=float(row.low),
        high=float(row.high),
        p=float(row.worse),
        alarms_from=float(row.alarms_from),
        suspect=suspect,
        note=note,
    )
