"""Stored runs become tidy frames, and what cannot be read is refused in one line."""

import json
from pathlib import Path

import pytest

from analysis.numbers.ratios import case_table
from analysis.run.load import CASE_COLUMNS, MEASUREMENT_COLUMNS, load_run, load_runs, newest_run, printable
from benchmarks.record import RecordError
from benchmarks.record.folder import JOURNAL_FILE
from tests.analysis.invented import append_bytes, append_times, case, empty_run


def test_a_row_a_measurement(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("same"), [1.0] * 3, moved_bytes=524288)
    append_times(folder, case("slower"), [0.5] * 3)
    frame = load_run(folder).frame
    assert len(frame) == 12
    assert set(frame.columns) == {"run", "case_number", *CASE_COLUMNS, *MEASUREMENT_COLUMNS}
    assert frame["case_number"].nunique() == 2
    assert frame["moved_bytes"].iloc[0] == 524288
    assert frame["moved_bytes"].isna().sum() == 6


def test_a_torn_last_line_is_no_error(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("same"), [1.0] * 2)
    with (folder / JOURNAL_FILE).open("a") as journal:
        journal.write('{"record":1,"family":"pointw')
    assert len(load_run(folder).frame) == 4


def test_a_run_without_measurements_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no measurements"):
        load_run(empty_run(tmp_path))


def test_a_count_beyond_any_machine_is_refused(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("same", numel=1234567), [1.0])
    journal = folder / JOURNAL_FILE
    journal.write_text(journal.read_text().replace("1234567", str(10**40)))  # nobody can write it by a `Case`
    with pytest.raises(RecordError, match="numel"):
        load_run(folder)


def test_runs_of_one_name_stay_apart_and_one_folder_is_read_once(tmp_path: Path) -> None:
    folders = [empty_run(tmp_path / place, name="run") for place in ("here", "there")]
    for folder in folders:
        append_times(folder, case("same"), [1.0])
    runs = load_runs([*folders, folders[0]])
    assert [run.name for run in runs] == ["run", "run #2"]
    assert [set(run.frame["run"]) for run in runs] == [{"run"}, {"run #2"}]


def test_newest_run_is_the_last_by_name(tmp_path: Path) -> None:
    for name in ("20260102T000000Z-a", "20260103T000000Z-a", "20251231T000000Z-z"):
        empty_run(tmp_path, name=name)
    (tmp_path / "20990101T000000Z-not-a-run").mkdir()
    assert newest_run(tmp_path).name == "20260103T000000Z-a"


@pytest.mark.parametrize("broken", ["folder", "file"])
def test_a_newest_run_that_cannot_be_read_is_named(tmp_path: Path, broken: str) -> None:
    empty_run(tmp_path, name="20260102T000000Z-a")
    newest = tmp_path / "20260103T000000Z-a"
    if broken == "file":
        newest.mkdir()
    link = newest / "run.json" if broken == "file" else newest
    link.symlink_to(link)  # as unreadable as one without permission, also to root
    with pytest.raises(RecordError, match=f"^{newest}.*: cannot be read: "):
        load_run(newest_run(tmp_path))


def test_no_run_at_all_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="make bench"):
        newest_run(tmp_path / "missing")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("relu", "relu"),
        ("größe", "größe"),
        ("a\nb\tc", "a b c"),
        ("a\x00\x1b[31m", "a\ufffd\ufffd[31m"),
        ("\u202eevil", "\ufffdevil"),
        ("\ud800", "\ufffd"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_hostile_facts_stay_readable(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("same"), [1.0])
    stored = json.loads((folder / "run.json").read_text())
    stored |= {"command": "\ud800\u202e", "options": [[[[[[[[[[[[["deep"]]]]]]]]]]]]], "passes": 3}
    (folder / "run.json").write_text(json.dumps(stored))
    assert load_run(folder).facts["command"] == "\ufffd\ufffd"


def test_lone_and_torn_lines_are_kept_apart(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("same"), [1.0] * 2)
    append_times(folder, case("lost"), [1.0] * 2)
    lines = (folder / JOURNAL_FILE).read_text().splitlines()
    # A duplicate of a line that has its partner is no gap; nor is a torn one of a pair that was made once more.
    (folder / JOURNAL_FILE).write_text("\n".join([*lines[:4], lines[0], lines[4], lines[6], lines[6][:50], lines[7]]))
    run = load_run(folder)
    assert set(run.frame["pair"]) == {"same"}
    assert [(line.case.pair, line.variant, line.pass_number) for line in run.lone] == [
        ("lost", "outofplace", 1),
        ("lost", "inplace", 2),
    ]
    assert run.torn == 1


def test_only_lone_lines_are_no_run(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("same"), [1.0])
    first = (folder / JOURNAL_FILE).read_text().splitlines()[0]
    (folder / JOURNAL_FILE).write_text(first + "\nnot JSON\n")
    with pytest.raises(RecordError, match="1 lone and 1 torn lines"):
        load_run(folder)


def test_names_that_would_look_alike_stay_apart(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    names = ("same", "same\n", "same ", "same\t", "x" * 5_000 + "1", "x" * 5_000 + "2")
    for number, name in enumerate(names, start=1):
        append_times(folder, case(name), [float(number)])
        append_bytes(folder, case(name), {"peak_bytes": 100 * number}, {"peak_bytes": 100})
    run = load_run(folder)
    assert list(dict.fromkeys(run.frame["pair"]))[:4] == ["same", "same  #a6328a", "same ", "same  #cae1ae"]
    table = case_table(run)
    assert sorted(zip(table["speedup"].round(6), table["peak_ratio"], strict=True)) == [
        (float(n), float(n)) for n in range(1, 7)
    ]
