"""What a user feels of a GPU: of each variant, in each pass, the longer of the host's and the device's time."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.numbers.case_row import CaseRow, case_rows
from analysis.numbers.felt import as_felt
from analysis.numbers.ratios import case_table
from analysis.run.load import load_run
from analysis.section import Section
from benchmarks.record import Case
from benchmarks.record.folder import append_pair
from tests.analysis.invented import around, empty_run, named_run, timed
from tests.analysis.invented_gpu import append_gpu_times, gpu_case, gpu_run
from tests.analysis.only_section import only_section

Rounds = tuple[float, ...]


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> Section:
    return only_section(gpu_run(tmp_path_factory.mktemp("gpu")))


@pytest.fixture(scope="module")
def on_gpu(section: Section) -> dict[str, CaseRow]:
    return {row.pair: row for row in case_rows(section.cases)}


def append_pass(
    folder: Path, of: Case, number: int, device: tuple[Rounds, Rounds], host: tuple[Rounds, Rounds], held: bool = True
) -> None:
    """One pass: the rounds of the device and of the host, each out-of-place and in-place."""
    rows = zip(timed(of, number, 1.0, held=held, page_faults=None), device, host, strict=True)
    append_pair(folder, *(replace(row, times_s=times, host_times_s=hosts) for row, times, hosts in rows))


def only_case(folder: Path) -> CaseRow:
    (row,) = case_rows(case_table(load_run(folder)))
    return row


@pytest.mark.parametrize(
    ("pair", "decides", "bound", "times_s", "felt", "word"),
    [
        ("host_bound", True, True, (8e-6, 6e-6), 8 / 6, "faster"),
        ("host_bound_and_slower", True, True, (6e-6, 9e-6), 6 / 9, "slower"),
        ("host_bound_in_few_passes", True, True, (8e-6, 6e-6), 8 / 6, "inconclusive"),
        ("host_bound_out_of_place_only", True, False, (8e-6, 7e-6), 8 / 7, "faster"),
        ("device_bound", False, False, (1e-4, 1e-4 / 1.2), 1.2, "faster"),
        ("synchronises", False, False, (1e-4, 1e-4), 1.0, "no difference"),  # its times hold the host's
    ],
)
def test_the_longer_of_both_times_is_felt(
    on_gpu: dict[str, CaseRow],
    pair: str,
    decides: bool,
    bound: bool,
    times_s: tuple[float, float],
    felt: float,
    word: str,
) -> None:
    row = on_gpu[pair]
    assert (row.host_decides, row.host_bound, row.felt_verdict) == (decides, bound, word)
    assert (row.outofplace_felt_time_s, row.inplace_felt_time_s) == pytest.approx(times_s, rel=0.01)
    assert row.felt_speedup == pytest.approx(felt, rel=0.01)


def test_the_longer_one_is_asked_for_in_each_pass(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for number in range(1, 7):  # out of place the host takes 8 us in two passes and 2 us in four; the device 4 us
        hosts = (8e-6 if number < 3 else 2e-6,) * 4
        append_pass(folder, gpu_case("relu"), number, ((4e-6,) * 4, (4e-6,) * 4), (hosts, (1e-6,) * 4))
    row = only_case(folder)
    assert (row.felt_speedup, row.felt_speedup_low, row.felt_speedup_high) == pytest.approx((1.0, 1.0, 2.0))
    assert (row.host_decides, row.felt_verdict, row.verdict) == (False, "inconclusive", "no difference")


def test_rounds_that_are_felt_are_paired(tmp_path: Path) -> None:
    """A block gives a ratio of its own, also where one variant waits for the host and the other for the device."""
    folder = empty_run(tmp_path)
    host, device = (tuple(np.repeat(blocks, 2)) for blocks in ((8e-6, 30e-6, 9e-6), (4e-6, 10e-6, 9e-6)))
    for number in range(1, 7):
        append_pass(folder, gpu_case("relu"), number, ((1e-6,) * 6, device), (host, (1e-6,) * 6))
    row = only_case(folder)
    assert (row.felt_speedup_low, row.felt_speedup_high) == pytest.approx((2.0, 2.0))


def test_what_was_not_held_back_has_the_host_in_its_times(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for number in range(1, 7):
        append_pass(folder, gpu_case("relu"), number, ((2e-6,) * 4,) * 2, ((8e-6,) * 4, (4e-6,) * 4), held=False)
    row = only_case(folder)
    assert (row.host_decides, row.felt_speedup, row.outofplace_felt_time_s) == (False, 1.0, 2e-6)


@pytest.mark.parametrize("pair", ["crashed", "held_in_some_passes", "bytes_alone"])
def test_what_has_no_answer_feels_like_nothing(on_gpu: dict[str, CaseRow], pair: str) -> None:
    row = on_gpu[pair]
    assert (row.host_decides, row.host_bound, row.felt_verdict) == (None, None, None)
    assert all(map(math.isnan, (row.felt_speedup, row.felt_speedup_low, row.inplace_felt_time_s)))


def test_a_section_as_felt_has_the_felt_numbers_under_the_usual_names(section: Section) -> None:
    felt = section.felt.cases.set_index("pair")
    row = felt.loc["host_bound"]
    assert (row["outofplace_time_s"], row["inplace_time_s"]) == pytest.approx((8e-6, 6e-6))
    assert (row["speedup"], np.exp(row["log_speedup"]), np.exp(row["log_low"])) == pytest.approx((8 / 6,) * 3)
    assert (row["verdict"], section.cases.set_index("pair").loc["host_bound", "verdict"]) == ("faster", "no difference")
    assert felt.loc["crashed", "verdict"] is None and felt.loc["device_bound", "verdict"] == "faster"
    assert section.felt.device == section.device and section.host_decides


def test_a_share_of_the_bandwidth_falls_by_what_the_host_adds(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    moved = {"moved_bytes": 8000, "ceiling_bytes_per_s": 4e9, "times_s": (4e-6,) * 4}
    append_gpu_times(folder, gpu_case("relu"), around(1.0, 0.001), (8e-6, 2e-6), **moved)
    section = only_section(folder)
    columns = ["outofplace_bandwidth_ratio", "inplace_bandwidth_ratio"]
    assert section.cases[columns].iloc[0].tolist() == pytest.approx([0.5, 0.5])
    assert section.felt.cases[columns].iloc[0].tolist() == pytest.approx([0.25, 0.5])


def test_a_cpu_is_felt_as_it_is_timed(tmp_path: Path) -> None:
    section = only_section(named_run(tmp_path))
    assert section.felt is section and not section.host_decides
    columns = ["host_decides", "host_bound", "felt_speedup", "felt_speedup_low", "felt_verdict", "inplace_felt_time_s"]
    assert not section.cases[columns].notna().any(axis=None)
    intervals = ["outofplace_time_low_s", "outofplace_time_high_s", "inplace_time_low_s", "inplace_time_high_s"]
    pd.testing.assert_frame_equal(as_felt(section.cases).drop(columns=intervals), section.cases.drop(columns=intervals))
