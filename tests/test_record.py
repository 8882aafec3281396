"""The stored contract: what is written is read back, and nothing else is ever taken for it."""

import json
import math
from dataclasses import asdict, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import record
from benchmarks.record import INPLACE, JOURNAL_FILE, OUTOFPLACE, RUN_FILE, Case, Measurement, RecordError

CASE = Case("pointwise", "exp", "step", 64, (8, 8), "float32", "contiguous", "none", False, "cpu", "retained", 2)
OUT = Measurement(CASE, OUTOFPLACE, "time", 3, times_s=(1e-6, 2e-6), verified=True, calls_per_round=4)
INTO = replace(OUT, variant=INPLACE, times_s=(1e-6, 1e-6))
FULL = replace(
    OUT,
    state="crashed",
    reason='a "reason"\nin two lines, é',
    host_times_s=(0.5, 1e-9),
    page_faults=0.0,
    moved_bytes=0,
    wall_s=1.5,
    peak_bytes=2**40,
    extra={"a": [1, None]},
)
RUN = {"state": "partial", "machine": {"host": "h"}}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
a_name = st.sampled_from([*json.loads(FULL.line()), "nonsense"])
here = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def journal_of(folder, *lines):
    (folder / JOURNAL_FILE).write_bytes(b"".join(lines))
    return list(record.read_journal(folder))


def line(measurement):
    return measurement.line().encode() + b"\n"


@pytest.mark.parametrize("measurement", [OUT, INTO, FULL], ids=["times", "partner", "every kind of field"])
def test_a_line_is_read_back(measurement):
    assert Measurement.from_row(json.loads(measurement.line())) == measurement


def test_a_case_is_read_back():
    assert Case.from_row(json.loads(json.dumps(asdict(CASE)))) == CASE


@pytest.mark.parametrize(
    "row", [None, [], {}, {**asdict(CASE), "shape": [8, 8], "more": 1}, {**asdict(CASE), "shape": "8"}]
)
def test_what_is_no_case_is_refused(row):
    with pytest.raises(ValueError):
        Case.from_row(row)


def test_zero_and_false_are_stored_and_absent_fields_are_not():
    row = json.loads(FULL.line())
    assert row["page_faults"] == 0.0 and row["moved_bytes"] == 0 and row["other_requires_grad"] is False
    assert "held_bytes" not in row and "floor_s" not in row
    assert row["record"] == record.RECORD_VERSION


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_only_strict_json_is_written(bad, tmp_path):
    with pytest.raises(ValueError):
        replace(OUT, times_s=(bad,)).line()
    with pytest.raises(ValueError):
        record.write_run(tmp_path, {**RUN, "start": bad})
    assert list(tmp_path.iterdir()) == []


@here
@given(changes=st.dictionaries(a_name, anything, max_size=3), dropped=st.sets(a_name, max_size=2))
def test_any_row_is_a_measurement_or_a_value_error(changes, dropped):
    row = {name: value for name, value in (json.loads(FULL.line()) | changes).items() if name not in dropped}
    try:
        read = Measurement.from_row(row)
    except ValueError as error:
        assert len(str(error).splitlines()) == 1
    else:
        again = Measurement.from_row(json.loads(read.line()))
        assert replace(again, extra={}) == replace(read, extra={})


@here
@given(data=st.binary(max_size=80) | anything.map(lambda value: json.dumps(value).encode()), torn=st.integers(0, 400))
def test_any_journal_is_read_or_refused_in_one_line(data, torn, tmp_path):
    try:
        assert journal_of(tmp_path, line(OUT)[:torn], b"\n", data, b"\n", line(OUT), line(INTO)) == [(OUT, INTO)]
    except RecordError as error:
        assert str(tmp_path) in str(error) and len(str(error).splitlines()) == 1


@here
@given(data=st.binary(max_size=80) | anything.map(lambda value: json.dumps(value).encode()))
def test_any_run_file_is_read_or_refused_in_one_line(data, tmp_path):
    (tmp_path / RUN_FILE).write_bytes(data)
    with pytest.raises(RecordError) as refused:
        record.read_run(tmp_path)
    assert str(tmp_path) in str(refused.value) and len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("version", [2, 0, True, 1.0, "1", None])
def test_another_version_is_refused(version, tmp_path):
    with pytest.raises(RecordError, match=r"measurements.jsonl:3: record version"):
        journal_of(tmp_path, line(OUT), b"\n", json.dumps({**json.loads(OUT.line()), "record": version}).encode())
    (tmp_path / RUN_FILE).write_text(json.dumps({**RUN, "record": version}))
    with pytest.raises(RecordError, match=r"record version|not a run"):
        record.read_run(tmp_path)


def test_depth_beyond_any_limit_is_torn_or_refused(tmp_path):
    for depth in (500, 990, 5_000, 200_000):
        deep = '{"record":1,"extra":' + "[" * depth + "]" * depth + "}\n"
        try:
            assert journal_of(tmp_path, deep.encode(), line(OUT), line(INTO)) == [(OUT, INTO)]
        except RecordError as error:
            assert ":1: field" in str(error)


@pytest.mark.parametrize("nbytes", [record.MOST, 10**400, -1])
def test_a_count_fits_in_64_bits(nbytes):
    with pytest.raises(ValueError, match="peak_bytes"):
        Measurement.from_row({**json.loads(OUT.line()), "peak_bytes": nbytes})


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
    record.append_pair(tmp_path, *made)
    assert list(record.read_journal(tmp_path)) == [tuple(made)]


def test_a_short_write_is_continued(tmp_path, monkeypatch):
    write = record.os.write
    monkeypatch.setattr(record.os, "write", lambda handle, data: write(handle, data[:11]))
    record.append_pair(tmp_path, OUT, INTO)
    assert list(record.read_journal(tmp_path)) == [(OUT, INTO)]


@pytest.mark.parametrize("pair", [(INTO, OUT), (OUT, OUT), (OUT, replace(INTO, case=replace(CASE, threads=1)))])
def test_only_a_pair_is_appended(pair, tmp_path):
    with pytest.raises(ValueError):
        record.append_pair(tmp_path, *pair)
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    record.write_run(tmp_path, RUN)
    monkeypatch.setattr(record.Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        record.write_run(tmp_path, {**RUN, "state": "complete"})
    assert record.read_run(tmp_path)["state"] == "partial"
    monkeypatch.undo()
    record.write_run(tmp_path, {**RUN, "state": "complete"})
    assert record.read_run(tmp_path) == {"record": 1, "method": 1, **RUN, "state": "complete"}
    assert [path.name for path in tmp_path.iterdir()] == [RUN_FILE]


def test_folders_that_hold_no_run(tmp_path):
    (tmp_path / "file").write_text("")
    for folder, reason in ((tmp_path, "has no run.json"), (tmp_path / "none", "has no"), (tmp_path / "file", "folder")):
        with pytest.raises(RecordError, match=reason):
            record.read_run(folder)
    assert list(record.read_journal(tmp_path / "none")) == []


def test_a_block_is_two_rounds_of_each_variant():
    assert record.block_log_ratios([2, 8, 1, 1, 5], [1, 1, 4, 1, 5]) == pytest.approx([math.log(4), -math.log(2)])
    assert record.block_log_ratios([2, 0, 4, 4], [1, 1, 1, 1]) == pytest.approx([math.log(4)])
    assert record.pass_log_speedup([2, 2, 4, 4, 1, 1], [1] * 6) == pytest.approx(math.log(2))
    assert record.pass_log_speedup([-1, 2], [1, 1]) is None


def test_case_fields_are_the_rows(tmp_path):
    assert set(asdict(CASE)) <= set(json.loads(OUT.line()))
