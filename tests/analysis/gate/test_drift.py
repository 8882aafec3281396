"""Drift: what moves most cases of a kind in a pass is taken off, what moves one is not."""

import numpy as np
import pandas as pd
import pytest

from analysis.gate.drift import FEWEST_CASES, without_drift
from tests.analysis.invented import case

RUNS, PASSES = ("0", "1"), 4
KEY = ("cpu", "retained", 2)


def times(cases: dict, moved) -> pd.DataFrame:
    """A row a run, pass and case: each case's own level and what `moved(run, number, case)` adds."""
    rows = [
        (run, number, of, level + moved(run, number, of))
        for run in RUNS
        for number in range(PASSES)
        for of, level in cases.items()
    ]
    return pd.DataFrame(rows, columns=["run", "pass_number", "case", "t"])


def cases_of(count: int, **fields: object) -> dict:
    return {case(f"case {number}", **fields): float(number) for number in range(count)}


def by_run(values: pd.DataFrame, of) -> list:
    chosen = values[values["case"] == of]
    return [chosen.loc[chosen["run"] == run, "t"].tolist() for run in RUNS]


def test_a_drift_of_all_is_taken_off_and_told_and_the_first_runs_level_stays() -> None:
    cases = cases_of(12)
    made = without_drift(times(cases, lambda run, number, of: 0.3 * (run == "1")), "t")
    assert made.shifts == {(*KEY, 65536): {"1": pytest.approx(0.3)}}
    for of, level in cases.items():
        assert by_run(made.values, of) == [pytest.approx([level] * PASSES)] * 2


def test_a_slow_pass_is_no_noise_of_a_case() -> None:
    made = without_drift(times(cases_of(12), lambda run, number, of: 0.5 * (number == 2)), "t")
    assert made.values.groupby("case")["t"].std().max() == pytest.approx(0, abs=1e-9)


def test_what_only_some_cases_do_stays() -> None:
    cases = cases_of(12)
    changed = list(cases)[:4]
    made = without_drift(times(cases, lambda run, number, of: 0.2 * (run == "1" and of in changed)), "t")
    before, after = by_run(made.values, changed[0])
    assert np.subtract(after, before) == pytest.approx([0.2] * PASSES)
    assert made.shifts == {(*KEY, 65536): {"1": pytest.approx(0)}}


def test_kinds_drift_apart_where_they_have_cases_enough() -> None:
    small, large, few = cases_of(FEWEST_CASES), cases_of(FEWEST_CASES, numel=2**20), cases_of(2, numel=2**22)
    moved = {65536: 0.1, 2**20: 0.4, 2**22: 0.1}
    made = without_drift(times(small | large | few, lambda run, number, of: moved[of.numel] * (run == "1")), "t")
    assert made.shifts[(*KEY, 65536)] == {"1": pytest.approx(0.1)}
    assert made.shifts[(*KEY, 2**20)] == {"1": pytest.approx(0.4)}
    assert made.shifts[(*KEY, 2**22)] == {}  # another kind's drift is not theirs
    assert made.values.loc[made.values["case"].isin(few), "t"].isna().all()


def test_few_cases_tell_no_drift() -> None:
    made = without_drift(times(cases_of(FEWEST_CASES - 1), lambda run, number, of: 0.0), "t")
    assert made.values["t"].isna().all() and made.shifts == {(*KEY, 65536): {}}
    assert without_drift(made.values.iloc[:0], "t").shifts == {}
