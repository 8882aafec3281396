"""A run's folder: what is written is read back, and nothing else is ever taken for it."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.record import METHOD_VERSION, RECORD_VERSION, RecordError
from benchmarks.record import folder as run_folder
from benchmarks.record.folder import JOURNAL_FILE, RUN_FILE, append_pair, read_journal, read_run, write_run
from tests.support.sample import ANYTHING, CASE, INTO, OUT

RUN = {"state": "partial", "machine": {"host": "h"}}

here = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def journal_of(folder, *lines):
    (folder / JOURNAL_FILE).write_bytes(b"".join(lines))
    return list(read_journal(folder))


def line(measurement):
    return measurement.line().encode() + b"\n"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_only_strict_json_is_written(bad, tmp_path):
    with pytest.raises(ValueError):
        replace(OUT, times_s=(bad,)).line()
    with pytest.raises(ValueError):
        write_run(tmp_path, {**RUN, "start": bad})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "bad", [{"page_faults": -1.0}, {"wall_s": 1e30}, {"calls_per_round": 1.5}, {"state": "fine"}, {"times_s": ("1",)}]
)
def test_what_would_not_be_read_again_is_not_written(bad, tmp_path):
    append_pair(tmp_path, OUT, INTO)
    with pytest.raises(ValueError, match=f"field '{next(iter(bad))}' holds"):
        append_pair(tmp_path, OUT, replace(INTO, **bad))
    assert list(read_journal(tmp_path)) == [(OUT, INTO)]


@pytest.mark.slow
@here
@given(data=st.binary(max_size=80) | ANYTHING.map(lambda value: json.dumps(value).encode()), torn=st.integers(0, 400))
def test_any_journal_is_read_or_refused_in_one_line(data, torn, tmp_path):
    try:
        assert journal_of(tmp_path, line(OUT)[:torn], b"\n", data, b"\n", line(OUT), line(INTO)) == [(OUT, INTO)]
    except RecordError as error:
        assert str(tmp_path) in str(error) and len(str(error).splitlines()) == 1


@pytest.mark.slow
@here
@given(data=st.binary(max_size=80) | ANYTHING.map(lambda value: json.dumps(value).encode()))
def test_any_run_file_is_read_or_refused_in_one_line(data, tmp_path):
    (tmp_path / RUN_FILE).write_bytes(data)
    with pytest.raises(RecordError) as refused:
        read_run(tmp_path)
    assert str(tmp_path) in str(refused.value) and len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("version", [RECORD_VERSION + 1, 0, True, 1.0, "1", None])
def test_another_version_is_refused(version, tmp_path):
    with pytest.raises(RecordError, match=r"measurements.jsonl:3: record version"):
        journal_of(tmp_path, line(OUT), b"\n", json.dumps({**json.loads(OUT.line()), "record": version}).encode())
    (tmp_path / RUN_FILE).write_text(json.dumps({**RUN, "record": version}))
    with pytest.raises(RecordError, match=r"record version|not a run"):
        read_run(tmp_path)


def test_lines_of_the_first_version_are_cases_of_ops(tmp_path):
    """It had no scale."""
    old = [json.loads(each.line()) | {"record": 1} for each in (OUT, INTO)]
    for row in old:
        del row["scale"]
    assert journal_of(tmp_path, *(json.dumps(row).encode() + b"\n" for row in old)) == [(OUT, INTO)]


def test_depth_beyond_any_limit_is_torn_or_refused(tmp_path):
    for depth in (500, 990, 5_000, 200_000):
        deep = '{"record":1,"extra":' + "[" * depth + "]" * depth + "}\n"
        try:
            assert journal_of(tmp_path, deep.encode(), line(OUT), line(INTO)) == [(OUT, INTO)]
        except RecordError as error:
            assert ":1: field" in str(error)


def test_the_last_complete_pair_wins_in_the_order_made(tmp_path):
    other = [replace(m, case=replace(CASE, pair="log")) for m in (OUT, INTO)]
    later = [replace(m, times_s=(9.0,)) for m in (OUT, INTO)]
    memory = [replace(m, kind="memory") for m in (OUT, INTO)]
    lines = [line(m) for m in (OUT, INTO, *other, *memory, *later)]
    assert journal_of(tmp_path, *lines) == [tuple(other), tuple(memory), tuple(later)]


def test_lone_and_torn_lines_are_passed_over(tmp_path):
    other = line(replace(INTO, pass_number=4))
    assert journal_of(tmp_path, line(OUT)) == []
    assert journal_of(tmp_path, line(OUT), other) == []
    assert journal_of(tmp_path, line(INTO), line(OUT)) == []
    assert journal_of(tmp_path, line(OUT), b'{"torn', b"\n", line(INTO)) == []
    assert journal_of(tmp_path, line(OUT), line(INTO), line(OUT), line(INTO)[:-9]) == [(OUT, INTO)]


@pytest.mark.parametrize("kept", [1, 200, len(line(OUT)), len(line(OUT)) + 200])
def test_an_append_after_a_torn_line_stays_whole(kept, tmp_path):
    (tmp_path / JOURNAL_FILE).write_bytes((line(OUT) + line(INTO))[:kept])
    made = [replace(m, pass_number=7) for m in (OUT, INTO)]
    append_pair(tmp_path, *made)
    assert list(read_journal(tmp_path)) == [tuple(made)]


def test_a_short_write_is_continued(tmp_path, monkeypatch):
    write = run_folder.os.write
    monkeypatch.setattr(run_folder.os, "write", lambda handle, data: write(handle, data[:11]))
    append_pair(tmp_path, OUT, INTO)
    assert list(read_journal(tmp_path)) == [(OUT, INTO)]


@pytest.mark.parametrize("pair", [(INTO, OUT), (OUT, OUT), (OUT, replace(INTO, case=replace(CASE, threads=1)))])
def test_only_a_pair_is_appended(pair, tmp_path):
    with pytest.raises(ValueError):
        append_pair(tmp_path, *pair)
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    write_run(tmp_path, RUN)
    monkeypatch.setattr(run_folder.Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_run(tmp_path, {**RUN, "state": "complete"})
    assert read_run(tmp_path)["state"] == "partial"
    monkeypatch.undo()
    write_run(tmp_path, {**RUN, "state": "complete"})
    assert read_run(tmp_path) == {"record": RECORD_VERSION, "method": METHOD_VERSION, **RUN, "state": "complete"}
    assert [path.name for path in tmp_path.iterdir()] == [RUN_FILE]


def test_folders_that_hold_no_run(tmp_path):
    (tmp_path / "file").write_text("")
    for folder, reason in ((tmp_path, "has no run.json"), (tmp_path / "none", "has no"), (tmp_path / "file", "folder")):
        with pytest.raises(RecordError, match=reason):
            read_run(folder)
    assert list(read_journal(tmp_path / "none")) == []
