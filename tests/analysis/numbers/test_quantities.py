"""Measured quantities: each is a stored field, and combines over passes as its entry says."""

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.numbers.quantities import FIRST, QUANTITIES, RESERVED_PEAK_BYTES
from analysis.numbers.ratios import case_table
from analysis.run.load import MEASUREMENT_COLUMNS, load_run
from tests.analysis.invented import append_bytes, empty_run
from tests.analysis.invented_gpu import gpu_case


def test_each_is_a_stored_field_and_stands_once() -> None:
    names = [quantity.name for quantity in QUANTITIES]
    assert len(set(names)) == len(names) and set(names) <= set(MEASUREMENT_COLUMNS)
    assert QUANTITIES[: len(FIRST)] == FIRST


def test_the_gate_judges_only_what_is_exact() -> None:
    with pytest.raises(ValueError, match="counted exactly"):
        replace(RESERVED_PEAK_BYTES, gated=True)


def test_bytes_that_are_not_exact_combine_and_need_no_reason(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for number, reserved in enumerate((2**21, 2**22, 2**21)):
        counted = {"peak_bytes": 2**20, "reserved_peak_bytes": reserved}
        append_bytes(
            folder, gpu_case("relu"), counted, {**counted, "peak_bytes": 2**20 + number}, pass_number=90 + number
        )
    (row,) = case_table(load_run(folder)).to_dict("records")
    assert (row["outofplace_reserved_peak_bytes"], row["reserved_peak_ratio"]) == (2**22, 1.0)
    assert (row["outofplace_peak_bytes"], row["memory_reason"]) == (2**20, "peak_bytes differ between passes")
