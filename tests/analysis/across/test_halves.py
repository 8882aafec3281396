"""Halves of one run: what changes between them is false, and is counted; too few passes are refused."""

import json
from pathlib import Path

import pytest

from analysis.across.halves import count_splits, drawn_halves, passes_by_kind
from analysis.cli import main
from analysis.run.load import load_run
from benchmarks.record import RecordError
from benchmarks.record.folder import append_pair
from tests.analysis.across.invented_versions import version_run
from tests.analysis.invented import append_times, around, case, empty_run, timed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen steady ops, and one whose even passes are twice as fast: every second pass shows it, another half may."""
    return version_run(tmp_path_factory.mktemp("halves"), "2.13.0", {})


def alternating(parent: Path) -> Path:
    folder = empty_run(parent, "alternating", method=4)
    append_times(folder, case("steady"), around(1.2, 0.01, passes=12))
    append_times(folder, case("alternates"), [1.0, 2.0] * 6)
    return folder


@pytest.mark.slow
def test_a_difference_between_the_halves_is_counted(tmp_path: Path) -> None:
    (count,) = count_splits(load_run(alternating(tmp_path)), 1)
    assert (count.compared, count.changed, count.judged, count.other_verdict) == (2, 1, 2, 1)


def test_every_second_pass_of_a_kind_then_halves_at_random() -> None:
    kinds = [[1, 3, 5, 7, 9], [2, 4, 6, 8]]
    found = list(drawn_halves(kinds, 30, seed=0))
    assert found[0] == ({1, 5, 9, 2, 6}, {3, 7, 4, 8})
    for first, second in found:
        assert first | second == set(range(1, 10)) and not first & second
        assert all(abs(len(first & set(kind)) - len(second & set(kind))) <= 1 for kind in kinds)
    assert len({frozenset(first) for first, _ in found}) > 20
    assert found == list(drawn_halves(kinds, 30, seed=0)) != list(drawn_halves(kinds, 30, seed=1))


def test_passes_that_time_other_heaps_are_of_another_kind(tmp_path: Path) -> None:
    folder = empty_run(tmp_path, "kinds", method=4)
    for number in range(1, 5):
        append_pair(folder, *timed(case("relu"), number, 1.2))
        if number % 2:
            append_pair(folder, *timed(case("relu", allocator="fresh"), number, 1.2))
    assert sorted(passes_by_kind(load_run(folder))) == [[1, 3], [2, 4]]


@pytest.mark.slow
def test_the_command_prints_and_writes_the_share(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    to = tmp_path / "halves.json"
    assert main(["halves", str(folder), "--splits", "1", "--json", str(to)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("split 1: 0 of 12 cases changed; ")
    assert "false changes: 0 of 12 = 0.00%" in lines
    written = json.loads(to.read_text(encoding="utf-8"))
    assert (written["run"], written["false changes"]) == (folder.name, "0 of 12 = 0.00%")


@pytest.mark.parametrize("splits", ["0", "many", "-1", "1.5", "9999999"])
def test_a_wrong_number_of_splits_is_refused_in_one_line(splits: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as end:
        main(["halves", "run", "--splits", splits])
    assert end.value.code == 2 and capsys.readouterr().err.count("\n") == 1


def test_too_few_passes_are_refused(tmp_path: Path) -> None:
    few = empty_run(tmp_path, "few", method=4)
    append_times(few, case("relu"), around(1.2, 0.01, passes=5))
    with pytest.raises(RecordError, match="has 5 timed passes of a kind; two halves need 6"):
        list(count_splits(load_run(few), 1))
