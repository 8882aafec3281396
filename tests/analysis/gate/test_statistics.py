"""The tests behind the gate: known answers, and their errors counted by simulation on noise as real runs have it."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.gate.statistics import (
    FEWEST_TRIMMED,
    MOST_SHARED,
    TRIMMED,
    USUALLY_SHARED,
    Contrast,
    Prior,
    alarm_difference,
    compare_trimmed_means,
    fit_prior,
    holm,
    shared_variance,
)
from tests.analysis.gate.simulated import SPREAD

ALONE = Contrast(pd.DataFrame({"shared": [0.0]}, ["case"]), Prior(1.0, 0.0))

PASSES = 6


def sample(chance: np.random.Generator, count: int, heavy: bool = False, deviations: np.ndarray = SPREAD) -> pd.Series:
    """`count` passes of every case; heavy tails are Student's with 3 degrees of freedom, of the same variance."""
    size = (len(deviations), count)
    noise = chance.standard_t(3, size) / np.sqrt(3) if heavy else chance.normal(size=size)
    return pd.Series((noise * deviations[:, None]).ravel(), np.repeat(np.arange(len(deviations)), count))


def compared_alone(first: np.ndarray, second: np.ndarray) -> pd.Series:
    """The row of a single case, without a prior."""
    samples = (pd.Series(each, ["case"] * len(each)) for each in (first, second))
    return compare_trimmed_means(*samples, known=ALONE).table.loc["case"]


@pytest.mark.parametrize(
    ("p", "among", "adjusted"),
    [
        ([0.01, 0.04, 0.03], None, [0.03, 0.06, 0.06]),
        ([0.5, 0.9], None, [1.0, 1.0]),
        ([0.001], 700, [0.7]),
        ([0.001, 0.0001], 10, [0.009, 0.001]),
        ([], None, []),
    ],
)
def test_holm(p: list, among: int | None, adjusted: list) -> None:
    assert holm(np.array(p), among) == pytest.approx(adjusted)


@pytest.mark.parametrize("freedom", [2.0, 6.0, 30.0])
def test_the_prior_is_found_again(freedom: float) -> None:
    chance = np.random.default_rng(2)
    true = 0.02**2 * freedom / chance.chisquare(freedom, 4000)
    seen = true * chance.chisquare(10, 4000) / 10
    prior = fit_prior(seen, np.full(4000, 10.0))
    assert prior.variance == pytest.approx(0.02**2, rel=0.1)
    assert prior.freedom == pytest.approx(freedom, rel=0.25)


def test_equal_variances_are_known_as_such_and_few_cases_say_nothing() -> None:
    chance = np.random.default_rng(3)
    assert fit_prior(chance.chisquare(10, 400) / 10, np.full(400, 10.0)).freedom > 100
    assert fit_prior(np.ones(9), np.full(9, 10.0)) == Prior(1.0, 0.0)


def test_alone_it_is_students_test_of_two_samples() -> None:
    chance = np.random.default_rng(4)
    first, second = chance.normal(0, 1, 6), chance.normal(1, 1, 9)
    row = compared_alone(first, second)
    truth = stats.ttest_ind(second, first, alternative="greater")
    assert row["p_above"] == pytest.approx(truth.pvalue)
    assert row["p_below"] == pytest.approx(1 - truth.pvalue)
    interval = stats.ttest_ind(second, first).confidence_interval()
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))


def test_of_enough_passes_it_is_yuens_test_of_trimmed_means() -> None:
    chance = np.random.default_rng(12)
    first, second = chance.standard_t(3, 12), chance.standard_t(3, 12) + 1
    row = compared_alone(first, second)
    truth = stats.ttest_ind(second, first, alternative="greater", trim=TRIMMED)
    assert row["p_above"] == pytest.approx(truth.pvalue)
    assert row["difference"] == pytest.approx(stats.trim_mean(second, TRIMMED) - stats.trim_mean(first, TRIMMED))


@pytest.mark.parametrize("counts", [(FEWEST_TRIMMED, FEWEST_TRIMMED), (12, 9), (24, 12)])
def test_how_far_off_the_passes_that_met_a_neighbour_are_does_not_matter(counts: tuple[int, int]) -> None:
    chance = np.random.default_rng(13)
    steady = [chance.normal(0, 0.02, count) for count in counts]

    def with_one_pass_off(by: float) -> pd.Series:
        return compared_alone(*(np.r_[each[:-1], by] for each in steady))

    assert with_one_pass_off(0.3).to_numpy() == pytest.approx(with_one_pass_off(3.0).to_numpy())
    assert abs(with_one_pass_off(3.0)["difference"]) < 0.02


def test_fewer_passes_are_not_trimmed_in_either_run() -> None:
    few, many = np.random.default_rng(14).normal(0, 1, FEWEST_TRIMMED - 1), np.random.default_rng(15).normal(0, 1, 12)
    for first, second in ((few, many), (many, few)):
        row = compared_alone(first, second)
        assert row["p_above"] == pytest.approx(stats.ttest_ind(second, first, alternative="greater").pvalue)


def test_values_without_any_spread_are_no_division_by_zero() -> None:
    index = np.repeat(np.arange(12), 6)
    table = compare_trimmed_means(pd.Series(0.0, index), pd.Series(0.0, index)).table
    assert np.isfinite(table.to_numpy()).all() and (table["z"] == 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("heavy", [False, True])
@pytest.mark.parametrize("counts", [(PASSES, PASSES), (9, 9), (12, PASSES), (12, 12), (24, 12)])
def test_the_chance_of_any_false_alarm_is_what_it_says(heavy: bool, counts: tuple[int, int]) -> None:
    chance = np.random.default_rng(5)

    def smallest_p() -> float:
        base, head = (sample(chance, count, heavy) for count in counts)
        return holm(compare_trimmed_means(base, head).table["p_above"].to_numpy()).min()

    alarms = [smallest_p() <= 0.05 for _ in range(200)]
    assert np.mean(alarms) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)


def test_a_case_quiet_by_luck_does_not_alarm_as_it_would_by_itself() -> None:
    """Of 2,000 alike, two passes make some look quiet: a t test by itself would divide by next to nothing."""
    chance = np.random.default_rng(6)
    deviations = np.full(2000, 0.02)
    first, second = (sample(chance, 2, deviations=deviations) for _ in range(2))
    test = compare_trimmed_means(first, second)
    assert test.prior.freedom > 20
    assert (test.table["p_above"] < 1e-3).mean() == pytest.approx(1e-3, abs=2e-3)
    assert test.table["error"].std() / test.table["error"].mean() < 0.2


@pytest.mark.slow
def test_what_a_run_shares_widens_all_errors() -> None:
    """Between runs, 0.6 % more than passes show: a busy neighbour during one of them."""
    deviations = np.full(600, 0.01)

    def alarms(widened: bool) -> float:
        chance, found = np.random.default_rng(7), 0
        for _ in range(100):
            shared = np.repeat(chance.normal(0, 0.006, 600), PASSES)
            first, second = sample(chance, PASSES, deviations=deviations), sample(chance, PASSES, deviations=deviations)
            test = compare_trimmed_means(first, second + shared)
            p = test.table["p_above"] if widened else stats.norm.sf(test.table["z"] * test.table["wider"])
            found += (holm(np.asarray(p)) <= 0.01).any()
        return found / 100

    assert alarms(widened=False) > 0.3
    assert alarms(widened=True) <= 0.06


def test_changes_in_most_cases_do_not_hide_themselves() -> None:
    third = np.full(4000, 1 / 3)
    assert shared_variance(np.random.default_rng(8).normal(0, 1, 4000), third) == pytest.approx(0.0, abs=0.02)
    assert shared_variance(np.r_[np.zeros(20), np.full(20, 30.0)], third[:40]) == MOST_SHARED


def test_what_few_cases_cannot_tell_is_taken_as_usual() -> None:
    assert shared_variance(np.full(9, 30.0), np.full(9, 1 / 3)) == USUALLY_SHARED
    few = compare_trimmed_means(
        sample(np.random.default_rng(1), PASSES).loc[:5], sample(np.random.default_rng(2), PASSES).loc[:5]
    )
    assert few.table["wider"].to_numpy() == pytest.approx(np.sqrt(1 + 2 * USUALLY_SHARED * 3))


def test_what_runs_share_is_found_and_weighed_by_passes() -> None:
    """A variance is the same however many passes there are; by how much it widens an error is not."""
    chance = np.random.default_rng(10)
    deviations = np.full(2000, 0.02)

    def run(passes: int) -> pd.Series:
        return sample(chance, passes, deviations=deviations) + np.repeat(chance.normal(0, 0.01, 2000), passes)

    few, many = compare_trimmed_means(run(6), run(6)), compare_trimmed_means(run(24), run(24))
    assert few.table["shared"].iloc[0] == pytest.approx(0.25, rel=0.3)
    assert many.table["shared"].iloc[0] == pytest.approx(0.25, rel=0.3)
    assert few.table["wider"].iloc[0] == pytest.approx(np.sqrt(1 + 0.25 * 2 * 3), rel=0.1)
    assert many.table["wider"].iloc[0] == pytest.approx(np.sqrt(1 + 0.25 * 2 * 12), rel=0.1)
    two = compare_trimmed_means(run(6), run(6), run(6), known=few)  # the later runs' own shares average
    assert two.table["wider"].iloc[0] == pytest.approx(np.sqrt(1 + 0.25 * 1.5 * 4), rel=0.1)
    assert two.table["z"].std() == pytest.approx(1.0, abs=0.1)


def test_what_hits_one_kind_widens_that_kind() -> None:
    chance = np.random.default_rng(11)
    deviations = np.full(800, 0.02)
    shared = np.repeat(np.where(np.arange(800) < 200, chance.normal(0, 0.02, 800), 0.0), PASSES)
    first, second = (sample(chance, PASSES, deviations=deviations) for _ in range(2))
    table = compare_trimmed_means(first, second + shared, kind=lambda case: case < 200).table
    assert table["shared"].iloc[:200].min() > 0.25 > 0.1 > table["shared"].iloc[200:].max()


def test_where_an_alarm_begins() -> None:
    chance = np.random.default_rng(9)
    wide = Contrast(pd.DataFrame({"shared": 0.4}, np.arange(len(SPREAD))), Prior(4e-4, 3.0))
    for known in (None, wide):
        test = compare_trimmed_means(sample(chance, PASSES), sample(chance, PASSES), known=known)
        needed = alarm_difference(test, 1e-4)
        freedom, error = test.table["freedom"], test.table["error"] / test.table["wider"]
        score = stats.norm.isf(stats.t.sf(needed / error, freedom)) / test.table["wider"]
        assert stats.norm.sf(score) == pytest.approx(np.full(len(SPREAD), 1e-4))
