"""On a GPU the gate judges what a user feels beside what the device takes: a host that got slower is a regression."""

import random
from dataclasses import replace
from math import exp
from pathlib import Path

import pytest

from analysis.gate import sentences
from analysis.gate.change import JudgedCase, Limits
from analysis.gate.compare import Comparison, compare, with_confirmation
from analysis.gate.confirm import cases_to_measure
from analysis.gate.gated_run import FELT
from analysis.gate.rows import change_rows
from analysis.run.load import load_run
from benchmarks.record.folder import append_pair
from tests.analysis.gate.gated import QUIET, both, loaded
from tests.analysis.invented import empty_run, timed
from tests.analysis.invented_gpu import GPU_MACHINE, gpu_case

#: Seconds per call: of the device, alike in both variants, and of the host, out-of-place and in-place.
Seconds = tuple[float, tuple[float, float]]
HOST_BOUND: Seconds = (2e-6, (8e-6, 6e-6))

#: By pair: BASE, HEAD, and the state that makes.
NAMED: dict[str, tuple[Seconds, Seconds, str]] = {
    "host_of_inplace_slower": (HOST_BOUND, (2e-6, (8e-6, 7.5e-6)), "worse"),
    "host_of_inplace_faster": (HOST_BOUND, (2e-6, (8e-6, 5e-6)), "better"),
    "host_of_outofplace_faster": (HOST_BOUND, (2e-6, (6.4e-6, 6e-6)), "better"),
    "host_slower": (HOST_BOUND, (2e-6, (12e-6, 9e-6)), "worse"),
    "host_comes_to_decide": ((1e-5, (8e-6, 6e-6)), (1e-5, (8e-6, 14e-6)), "worse"),
    "host_slower_behind_the_device": ((1e-5, (8e-6, 6e-6)), (1e-5, (8e-6, 9e-6)), "unchanged"),
    **{f"same_{number}": (HOST_BOUND, HOST_BOUND, "unchanged") for number in range(14)},
}


def stored(parent: Path, name: str, seconds: dict[str, Seconds]) -> Path:
    folder = empty_run(parent, name=name, machine=GPU_MACHINE, start=f"2026-01-02T03:04:05Z {name}")
    chance = random.Random(name)
    for pair, (device_s, host_s) in seconds.items():
        for number in range(1, 7):
            spread = [exp(chance.gauss(0, QUIET)) for _ in range(4)]
            out, into = timed(gpu_case(pair, numel=1024), number, spread[0], held=True, page_faults=None)
            times = (device_s * spread[1],) * 4
            out = replace(out, times_s=times, host_times_s=(host_s[0] * spread[2],) * 4)
            into = replace(into, times_s=tuple(t / spread[0] for t in times), host_times_s=(host_s[1] * spread[3],) * 4)
            append_pair(folder, out, into)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """BASE, HEAD and a confirmation that measured what HEAD did."""
    parent = tmp_path_factory.mktemp("gpu")
    base, head = ({pair: told[place] for pair, told in NAMED.items()} for place in (0, 1))
    return stored(parent, "base", base), stored(parent, "head", head), stored(parent, "again", head)


@pytest.fixture(scope="module")
def comparison(folders: tuple[Path, Path, Path]) -> Comparison:
    return compare(*loaded(*folders[:2]), Limits())


@pytest.fixture(scope="module")
def by_pair(comparison: Comparison) -> dict[str, JudgedCase]:
    return {judged.case.pair: judged for judged in comparison.cases}


@pytest.mark.parametrize("pair", NAMED)
def test_each_case_gets_its_state(by_pair: dict[str, JudgedCase], pair: str) -> None:
    assert by_pair[pair].state == NAMED[pair][2]


@pytest.mark.parametrize(
    ("pair", "worse"),
    [
        ("host_of_inplace_slower", {"felt_speedup", "inplace_felt_time_s"}),
        ("host_slower", {"outofplace_felt_time_s", "inplace_felt_time_s"}),
        ("host_comes_to_decide", {"felt_speedup", "inplace_felt_time_s"}),
        ("host_of_outofplace_faster", {"felt_speedup"}),  # and yet no regression
    ],
)
def test_it_says_what_is_felt_worse(by_pair: dict[str, JudgedCase], pair: str, worse: set[str]) -> None:
    assert {change.quantity for change in by_pair[pair].changes if change.state == "worse"} == worse


def test_what_the_device_decides_in_both_runs_is_judged_once(by_pair: dict[str, JudgedCase]) -> None:
    found = {change.quantity for change in by_pair["host_slower_behind_the_device"].changes}
    assert "speedup" in found and not found & set(FELT)


def test_a_row_and_a_sentence_say_it(comparison: Comparison) -> None:
    told = {(row.pair, row.quantity): row for row in change_rows(comparison, "worse")}
    time, speedup = (told["host_of_inplace_slower", name] for name in ("in-place felt time", "felt speedup"))
    assert (time.base[:3], time.head[:3], speedup.base, speedup.head) == ("6.0", "7.5", "1.33x", "1.07x")
    assert (
        "In 19 cases the host of a GPU decides: the felt time, the longer of the host's and the device's, is compared "
        "as well."
    ) in sentences.comparison_sentences(comparison)


@pytest.mark.slow
def test_a_confirmation_judges_what_is_felt_too(comparison: Comparison, folders: tuple[Path, Path, Path]) -> None:
    chosen = {case.pair for case in cases_to_measure(comparison)}
    assert {"host_slower", "same_0"} <= chosen and "host_slower_behind_the_device" not in chosen
    confirmed = with_confirmation(comparison, load_run(folders[2]))
    found = {judged.case.pair: judged for judged in confirmed.cases}
    assert found["host_of_inplace_slower"].state == "worse"
    notes = {change.note for change in found["host_of_inplace_slower"].changes if change.state == "worse"}
    assert notes == {"confirmed in fresh processes"}


def test_a_cpu_has_nothing_felt(tmp_path: Path) -> None:
    found = compare(*loaded(*both(tmp_path, ["speedup_falls", "same_0"])), Limits())
    assert not {change.quantity for judged in found.cases for change in judged.changes} & set(FELT)
    assert not any("host" in sentence for sentence in sentences.comparison_sentences(found))
