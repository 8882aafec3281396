"""The named run: each case gets the answer it is named after."""

import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.numbers.ratios import case_table
from analysis.run.load import load_run
from benchmarks.record.folder import append_pair
from tests.analysis.invented import (
    TIME_S,
    append_bytes,
    append_failure,
    append_times,
    around,
    case,
    empty_run,
    timed,
)


def only_case(folder: Path) -> tuple:
    rows = list(case_table(load_run(folder)).itertuples())
    assert len(rows) == 1
    return rows[0]


@pytest.mark.parametrize(
    ("pair", "expected", "speedup"),
    [
        ("same", "no difference", 1.0),
        ("twice_as_fast", "faster", 2.0),
        ("slower", "slower", 0.8),
        ("noisy", "inconclusive", 1.05),
        ("too_few_passes", "inconclusive", 2.0),
        ("half_the_memory", "faster", 1.5),
    ],
)
def test_verdicts(by_pair: dict, pair: str, expected: str, speedup: float) -> None:
    assert (by_pair[pair].state, by_pair[pair].verdict) == ("ok", expected)
    assert by_pair[pair].speedup == pytest.approx(speedup)


def test_times_and_interval(by_pair: dict) -> None:
    row = by_pair["twice_as_fast"]
    assert row.outofplace_time_s == pytest.approx(TIME_S)
    assert row.inplace_time_s == pytest.approx(TIME_S / 2)
    assert (row.speedup_low, row.speedup_high) == pytest.approx((2 * math.exp(-0.01), 2 * math.exp(0.01)))
    assert row.passes == 7


def test_too_few_passes_say_so_and_have_no_interval(by_pair: dict) -> None:
    row = by_pair["too_few_passes"]
    assert row.reason == "fewer than 6 passes"
    assert math.isnan(row.speedup_low)


def test_one_failed_pass_fails_the_case(by_pair: dict) -> None:
    row = by_pair["crashed"]
    assert (row.state, row.verdict, row.passes) == ("crashed", None, 6)
    assert row.reason == "in 1 of 7 passes: killed by signal 9"
    assert math.isnan(row.speedup)
    assert by_pair["disagreed"].reason == "values differ"


def test_bistable_gets_no_verdict_and_says_why(by_pair: dict) -> None:
    row = by_pair["bistable"]
    assert (row.state, row.verdict, row.bistable) == ("ok", None, True)
    assert row.reason == "bistable: passes differ in page faults per call, 0 to 1,025 in-place"
    assert row.cause == "passes differ in page faults per call, 0 to 1,025 in-place"


@pytest.mark.parametrize(("faults", "bistable"), [((0, 2), False), ((0, 3), True), ((1000, 1090), False)])
def test_stray_faults_are_not_bistable(tmp_path: Path, faults: tuple, bistable: bool) -> None:
    folder = empty_run(tmp_path)
    for number in range(1, 8):
        append_pair(folder, *timed(case("relu"), number, 1.5, page_faults=float(faults[number % 2])))
    assert only_case(folder).bistable is bistable


def test_disturbed_by_the_majority_of_passes(tmp_path: Path, by_pair: dict) -> None:
    assert by_pair["disturbed"].disturbed is True
    assert by_pair["same"].disturbed is None, "no load was read, so nothing is said of it"
    folder = empty_run(tmp_path)
    for number in range(1, 8):
        append_pair(folder, *timed(case("relu"), number, 1.5, other_load_ratio=0.9 if number < 4 else 0.1))
    assert only_case(folder).disturbed is False


@pytest.mark.parametrize(
    ("state", "running", "found"),
    [
        ("crashed", "inplace", "inplace"),
        ("hung", "outofplace", "outofplace"),
        ("unsupported", "inplace", None),
        ("crashed", None, None),
        ("crashed", ["inplace"], None),
    ],
)
def test_what_ended_a_process_is_the_variant_that_ran(
    tmp_path: Path, state: str, running: object, found: str | None
) -> None:
    out, into = timed(case("relu"), 1, 1.5, state=state, reason="as invented", extra={"running": running})
    folder = empty_run(tmp_path)
    append_pair(folder, out, into)
    assert only_case(folder).failed_variant == found


def test_below_floor(by_pair: dict) -> None:
    assert by_pair["little_signal"].below_floor is True
    assert by_pair["same"].below_floor is False


def test_bytes_join_across_heap_regimes(by_pair: dict, cases: pd.DataFrame) -> None:
    assert by_pair["half_the_memory"].peak_ratio == 2.0
    assert by_pair["half_the_memory"].outofplace_peak_bytes == 524288
    assert by_pair["same"].peak_ratio == 1.0
    held = cases[cases["pair"] == "holds_half"].iloc[0]
    assert held["held_ratio"] == 2.0
    assert math.isnan(by_pair["twice_as_fast"].peak_ratio)


def test_bytes_that_differ_between_passes_are_not_given(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), around(2.0, 0.01))
    for number, peak in ((8, 4096), (9, 4096 + 64)):
        append_bytes(folder, case("relu"), {"peak_bytes": peak}, {"peak_bytes": 2048}, pass_number=number)
    row = only_case(folder)
    assert row.verdict == "faster"
    assert row.reason == row.cause == "memory: peak_bytes differ between passes"
    assert (row.memory_state, row.memory_reason) == (None, "peak_bytes differ between passes")
    assert row.outofplace_peak_bytes is pd.NA
    assert row.inplace_peak_bytes == 2048


def test_a_case_only_the_memory_pass_knows_is_a_row(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_bytes(folder, case("relu"), {"peak_bytes": 2048}, {"peak_bytes": 1024})
    row = only_case(folder)
    assert (row.state, row.verdict, row.reason, row.passes) == ("ok", None, "not timed", 0)
    assert row.peak_ratio == 2.0


def test_a_failed_memory_pass_keeps_the_times_unless_the_variants_disagree(tmp_path: Path) -> None:
    for state, expected in (("out_of_memory", ("ok", "faster")), ("disagreed", ("disagreed", None))):
        folder = empty_run(tmp_path, name=state)
        append_times(folder, case("relu"), around(2.0, 0.01))
        append_bytes(folder, case("relu"), {"state": state, "reason": "why"}, {"state": state, "reason": "why"})
        row = only_case(folder)
        assert (row.state, row.verdict, row.reason) == (*expected, f"memory: {state}: why")
        assert (row.memory_state, row.memory_reason) == (state, "why")


@pytest.mark.parametrize("state", ["out_of_memory", "disagreed", "unsupported"])
def test_what_failed_before_it_was_timed_failed_as_a_whole(tmp_path: Path, state: str) -> None:
    folder = empty_run(tmp_path)
    append_bytes(folder, case("relu"), {"state": state, "reason": "why"}, {"state": state, "reason": "why"})
    row = only_case(folder)
    assert (row.state, row.verdict, row.reason, row.memory_reason) == (state, None, "why", "why")


def test_bytes_that_differ_between_passes_of_an_untimed_case_are_said_as_such(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for number, peak in ((8, 4096), (9, 4096 + 64)):
        append_bytes(folder, case("relu"), {"peak_bytes": peak}, {"peak_bytes": 2048}, pass_number=number)
    row = only_case(folder)
    assert (row.state, row.reason) == ("ok", "not timed; memory: peak_bytes differ between passes")


def test_bandwidth_is_a_share_of_the_runs_own_ceiling(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    moved, ceiling = 524288, 524288 / TIME_S * 2
    append_times(folder, case("relu"), [2.0] * 7, moved_bytes=moved, ceiling_bytes_per_s=ceiling)
    row = only_case(folder)
    assert (row.outofplace_bandwidth_ratio, row.inplace_bandwidth_ratio) == pytest.approx((0.5, 1.0))


def test_the_runs_own_thresholds_count(tmp_path: Path) -> None:
    folder = empty_run(tmp_path, thresholds={"difference": 0.5, "equivalence": 0.6, "confidence": 0.95})
    append_times(folder, case("relu"), around(1.3, 0.01))
    assert only_case(folder).verdict == "no difference"


@pytest.mark.parametrize("times", [(0.0, 0.0, 0.0, 0.0), (-1.0, -1.0, -1.0, -1.0), (1e17, 1e17, 1e17, 1e17)])
def test_absurd_times_give_no_ratio(tmp_path: Path, times: tuple) -> None:
    folder = empty_run(tmp_path)
    for number in range(1, 8):
        out, into = timed(case("relu"), number, 1.0)
        append_pair(folder, replace(out, times_s=times), into)
    row = only_case(folder)
    assert (row.verdict, row.passes) == (None, 0)
    assert math.isnan(row.speedup)
    assert "no round" in row.reason


def test_runs_are_never_mixed(tmp_path: Path) -> None:
    speeds = {}
    for name, speed in (("a", 2.0), ("b", 0.5)):
        folder = empty_run(tmp_path, name=name)
        append_times(folder, case("relu"), around(speed, 0.01))
        speeds[name] = only_case(folder).speedup
    assert speeds == pytest.approx({"a": 2.0, "b": 0.5})


def test_a_retried_case_counts_once(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_failure(folder, case("relu"), "crashed", "killed")
    append_times(folder, case("relu"), around(2.0, 0.01))
    assert only_case(folder).verdict == "faster"
