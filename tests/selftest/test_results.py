"""The self-test's counting, on invented runs whose answers are known."""

import math
from dataclasses import replace

import pytest
from scipy.stats import binom

from benchmarks.planning.presets import Preset
from benchmarks.record import INPLACE, OUTOFPLACE, Measurement
from benchmarks.record.folder import append_pair
from benchmarks.selftest import known_bytes, planted_pairs, results
from benchmarks.selftest.results import Share, Trial
from tests.selftest.invented import CASE, store


def test_passes_make_one_trial_a_group(tmp_path):
    for number in range(1, 14):
        store(tmp_path, CASE, number, 1.0 + number / 1000, 1.0)
    found = results.trials(tmp_path, Preset((), passes=6, seconds=1.0, precision=0.0))
    assert len(found) == 2  # the thirteenth pass is no trial
    assert (found[0].low, found[0].high) == pytest.approx((math.log(1.001), math.log(1.006)))
    assert (found[1].low, found[1].high) == pytest.approx((math.log(1.007), math.log(1.012)))
    assert found[1].speedup == pytest.approx((math.log(1.009) + math.log(1.010)) / 2)


def test_a_scenario_has_groups_of_its_own_number_of_passes(tmp_path):
    scenario = replace(CASE, scale=1)
    for number in range(1, 13):
        for case in (CASE, scenario):
            store(tmp_path, case, number, 1.0 + number / 1000, 1.0)
    found = results.trials(tmp_path, Preset((), passes=12, seconds=1.0, precision=0.0, scenario_passes=6))
    assert [trial.case for trial in found] == [CASE, scenario, scenario]


@pytest.mark.parametrize(
    "low, high, said",
    [(0.02, 0.05, "faster"), (-0.05, -0.02, "slower"), (-0.02, 0.02, "no difference"), (-0.2, 0.2, "inconclusive")],
)
def test_a_trial_says_what_the_report_would(low, high, said):
    assert Trial(CASE, 0.0, low, high).verdict == said


@pytest.mark.parametrize("k, n, worse", [(0, 400, "more"), (3, 400, "more"), (390, 400, "fewer"), (400, 400, "fewer")])
def test_the_bound_is_the_share_at_which_such_luck_has_one_chance_in_twenty(k, n, worse):
    bound = Share(k, n, worse).bound
    luck = binom.cdf(k, n, bound) if worse == "more" else binom.sf(k - 1, n, bound)
    assert luck == pytest.approx(0.05)
    assert (bound > k / n) if worse == "more" else (bound < k / n)


def test_same_rows_count_false_verdicts_and_leave_real_pairs_out():
    false, true = Trial(CASE, 0.03, 0.02, 0.04), Trial(CASE, 0.0, -0.001, 0.001)
    real = Trial(replace(CASE, pair="exp"), 0.5, 0.4, 0.6)
    rows = dict(results.aa_rows([false, true, true, true, real]))
    assert rows["A/A: false `faster`/`slower`"].startswith("1 of 4 = 25.0%")
    assert rows["A/A: intervals that hold 1"].startswith("3 of 4 = 75.0%")


def test_planted_rows_hold_each_effect_against_its_own_truth():
    name, (effect, truth) = next(iter(planted_pairs.TRUTH.items()))
    case, log = replace(CASE, pair=name, numel=2**20), math.log(truth)
    found, missed = Trial(case, log, log - 0.001, log + 0.001), Trial(case, 0.0, -0.001, 0.001)
    rows = dict(results.planted_rows([found, missed]))
    assert rows[f"planted {effect}: found, from 64 Ki elements on"].startswith("1 of 2")
    assert rows["planted: intervals that hold the truth"].startswith("1 of 2")
    assert rows["planted 10 %: found, all sizes"] == "none"


@pytest.mark.parametrize("off", [0, 4])
def test_bytes_rows_give_the_largest_error(tmp_path, off):
    n = 4 * CASE.numel
    case = replace(CASE, pair="holding", phase="forward")
    made = []
    for variant in (OUTOFPLACE, INPLACE):
        truth = known_bytes.TRUTH["holding", variant]
        made.append(Measurement(case, variant, "memory", 0, peak_bytes=truth.peak(n), held_bytes=truth.held(n) + off))
    append_pair(tmp_path, *made)
    assert results.bytes_rows(tmp_path) == [("bytes: largest error", f"{off} bytes in 4 counts")]
