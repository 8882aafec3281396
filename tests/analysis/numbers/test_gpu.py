"""The named run on a GPU: each case gets the answer it is named after."""

import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.numbers.case_row import case_rows
from analysis.numbers.gpu_text import gpu_remarks
from analysis.numbers.ratios import case_table
from analysis.run.load import load_run
from benchmarks.record.folder import append_pair
from tests.analysis.invented import around, empty_run, timed
from tests.analysis.invented_gpu import SHORT_S, append_gpu_times, gpu_case, gpu_run


@pytest.fixture(scope="module")
def on_gpu(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The cases of the named run on a GPU, by their pair."""
    return {row.pair: row for row in case_rows(case_table(load_run(gpu_run(tmp_path_factory.mktemp("gpu")))))}


def test_host_times_stand_beside_the_devices(on_gpu: dict) -> None:
    row = on_gpu["host_bound"]
    assert (row.outofplace_host_time_s, row.inplace_host_time_s) == pytest.approx((8e-6, 6e-6))
    assert row.outofplace_time_s == pytest.approx(SHORT_S)
    assert (row.host_speedup, row.host_speedup_low, row.host_speedup_high) == pytest.approx((8 / 6,) * 3)
    assert (row.host_verdict, row.verdict) == ("faster", "no difference")


def test_the_interval_of_the_hosts_speedup_is_over_passes(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for number, host_s in enumerate((6e-6, 5e-6, 4e-6, 7e-6, 6e-6, 5e-6), start=1):
        out, into = timed(gpu_case("relu"), number, 1.0, times_s=(SHORT_S,) * 4, host_times_s=(8e-6,) * 4)
        append_pair(folder, out, replace(into, host_times_s=(host_s,) * 4))
    (row,) = case_rows(case_table(load_run(folder)))
    assert (row.host_speedup_low, row.host_speedup_high) == pytest.approx((8 / 7, 2.0))
    assert row.host_speedup == pytest.approx(math.sqrt((8 / 6) * (8 / 5)))


@pytest.mark.parametrize("pair", ["crashed", "held_in_some_passes", "bytes_alone"])
def test_what_has_no_answer_has_none_of_the_host(on_gpu: dict, pair: str) -> None:
    row = on_gpu[pair]
    assert row.host_verdict is None
    assert math.isnan(row.host_speedup) and math.isnan(row.inplace_host_time_s)


def test_passes_that_differ_in_being_held_meet_in_no_median(on_gpu: dict) -> None:
    row = on_gpu["held_in_some_passes"]
    assert (row.bistable, row.verdict, row.held) == (True, None, None)
    assert row.reason == "bistable: passes differ in being held, 3 of 7 are not: synchronises"


def test_how_a_case_was_timed_is_a_column(on_gpu: dict) -> None:
    assert (on_gpu["synchronises"].held, on_gpu["synchronises"].unheld_reason) == (False, "synchronises")
    assert (on_gpu["device_bound"].held, on_gpu["device_bound"].unheld_reason) == (True, None)
    assert (on_gpu["device_bound"].cache, on_gpu["streamed"].cache) == ("hot", "streamed")
    assert (on_gpu["throttled"].throttled_blocks, on_gpu["device_bound"].throttled_blocks) == (35, 0)
    assert (on_gpu["throttled"].throttled_kept, on_gpu["throttled_throughout"].throttled_kept) == (False, True)
    assert on_gpu["bytes_alone"].throttled_blocks is pd.NA


def test_blocks_are_counted_over_passes_and_a_journal_that_says_what_was_dropped_is_believed(tmp_path: Path) -> None:
    """Two blocks are in each pass's times: whether they are the two throttled ones only `dropped_blocks` can say."""
    folder = empty_run(tmp_path)
    for pair, dropped in (("dropped", 2), ("kept", 0)):
        append_gpu_times(folder, gpu_case(pair), around(1.0, 0.01), throttled_blocks=2, dropped_blocks=dropped)
    append_gpu_times(folder, gpu_case("unwatched"), around(1.0, 0.01), throttled_blocks=None)
    dropped, kept, unwatched = case_rows(case_table(load_run(folder)))
    blocks = [(row.measured_blocks, row.throttled_blocks, row.dropped_blocks) for row in (dropped, kept)]
    assert blocks == [(14, 14, 14), (14, 14, 0)]
    assert (dropped.throttled_kept, kept.throttled_kept, unwatched.throttled_kept) == (False, True, False)
    assert unwatched.measured_blocks == 14 and unwatched.throttled_blocks is unwatched.dropped_blocks is pd.NA


@pytest.mark.parametrize(
    ("pair", "remarks"),
    [
        ("device_bound", []),
        ("host_bound", ["host-bound"]),
        ("host_bound_out_of_place_only", ["host-bound in one variant"]),
        ("synchronises", ["timed together with the host, as it waits for the device (synchronises)"]),
        (
            "long_launch",
            ["timed together with the host, as its calls are queued too slowly to be held back (long launch)"],
        ),
        ("throttled", ["35 throttled blocks left out"]),
        ("throttled_throughout", ["14 throttled blocks may be among its times, as too few others were left"]),
    ],
)
def test_remarks(on_gpu: dict, pair: str, remarks: list[str]) -> None:
    assert list(gpu_remarks(on_gpu[pair])) == remarks


def test_an_unknown_reason_is_passed_on(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_gpu_times(folder, gpu_case("relu"), around(1.0, 0.01), held=False, unheld_reason="sleepy")
    append_gpu_times(folder, gpu_case("exp"), around(1.0, 0.01), held=False)
    exp, relu = case_rows(case_table(load_run(folder)))
    assert list(gpu_remarks(relu)) == ["timed together with the host, as it could not be held back (sleepy)"]
    assert list(gpu_remarks(exp)) == [
        "timed together with the host, as it could not be held back (no reason is stored)"
    ]


def test_a_cpu_has_none_of_it(cases: pd.DataFrame) -> None:
    columns = ["outofplace_host_time_s", "inplace_host_time_s", "host_speedup", "host_verdict"]
    columns += ["held", "unheld_reason", "cache", "throttled_blocks", "dropped_blocks"]
    assert cases["measured_blocks"].gt(0).any()
    assert not cases[columns].notna().any(axis=None)
    assert not any(list(gpu_remarks(row)) for row in case_rows(cases))


@pytest.mark.parametrize("broken", [(0.0,) * 4, (-1e-6,) * 4, (1e10,) * 4, ()])
def test_host_times_that_are_none_give_no_ratio(tmp_path: Path, broken: tuple) -> None:
    folder = empty_run(tmp_path)
    out, into = timed(gpu_case("relu"), 1, 1.5, held=True, host_times_s=broken)
    append_pair(folder, out, replace(into, host_times_s=(1e-6,) * 4))
    (row,) = case_rows(case_table(load_run(folder)))
    assert row.speedup == pytest.approx(1.5)
    assert row.host_bound is None and math.isnan(row.host_speedup)
