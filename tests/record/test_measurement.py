"""The contract: what is measured becomes a line, and is read back from no other."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import record
from benchmarks.record import Case, Measurement
from tests.support.sample import ANYTHING, CASE, FULL, INTO, OUT

A_NAME = st.sampled_from([*json.loads(FULL.line()), "nonsense"])


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


@settings(max_examples=150, deadline=None)
@given(changes=st.dictionaries(A_NAME, ANYTHING, max_size=3), dropped=st.sets(A_NAME, max_size=2))
def test_any_row_is_a_measurement_or_a_value_error(changes, dropped):
    row = {name: value for name, value in (json.loads(FULL.line()) | changes).items() if name not in dropped}
    try:
        read = Measurement.from_row(row)
    except ValueError as error:
        assert len(str(error).splitlines()) == 1
    else:
        again = Measurement.from_row(json.loads(read.line()))
        assert replace(again, extra={}) == replace(read, extra={})


@pytest.mark.parametrize("nbytes", [record.MOST, 10**400, -1])
def test_a_count_fits_in_64_bits(nbytes):
    with pytest.raises(ValueError, match="peak_bytes"):
        Measurement.from_row({**json.loads(OUT.line()), "peak_bytes": nbytes})


def test_case_fields_are_the_rows(tmp_path):
    assert set(asdict(CASE)) <= set(json.loads(OUT.line()))
