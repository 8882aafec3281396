"""Numbers become text in one module."""

import math

import pandas as pd
import pytest

from analysis import units
from analysis.units import MISSING


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("time_text", 1.234e-9, "1.23 ns"),
        ("time_text", 0.99999e-6, "1.00 µs"),
        ("time_text", 12.34e-6, "12.3 µs"),
        ("time_text", 0.1234, "123 ms"),
        ("time_text", 2.0, "2.00 s"),
        ("duration_text", 0.84, "0.8 s"),
        ("duration_text", 358.2, "5 min 58 s"),
        ("duration_text", 3720.0, "1 h 2 min"),
        ("bytes_text", 512, "512 B"),
        ("bytes_text", 1536, "1.50 KiB"),
        ("bytes_text", 4194304, "4 MiB"),
        ("rate_text", 2**34, "16 GiB/s"),
        ("count_text", 1000, "1,000"),
        ("count_text", 65536, "64 Ki"),
        ("count_text", 4194304, "4 Mi"),
        ("count_text", 0, "0"),
        ("ratio_text", 1.4234, "1.42x"),
        ("ratio_text", 12.34, "12.3x"),
        ("percent_text", 0.614, "61 %"),
        ("percent_text", 0.999, ">99 %"),
        ("percent_text", 0.001, "<1 %"),
        ("percent_text", 1.0, "100 %"),
        ("percent_text", 0.0, "0 %"),
        ("percent_text", 10.4, "1,040 %"),
        ("multiple_text", 2.0, "2N"),
        ("multiple_text", 0.25, "0.25N"),
        ("faults_text", 1025.0, "1,025"),
        ("faults_text", 0.3, "0.3"),
        ("change_text", 1.102, "+10 %"),
        ("change_text", 0.957, "-4.3 %"),
        ("change_text", 3.0, "+200 %"),
        ("change_text", 65536 / 65540, "<0.1 %"),
        ("change_text", 1.0, "+0.0 %"),
    ],
)
def test_text(text: str, value: float, expected: str) -> None:
    assert getattr(units, text)(value).replace("\u00a0", " ") == expected


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf, pd.NA])
@pytest.mark.parametrize("text", ["time_text", "bytes_text", "ratio_text", "percent_text", "count_text", "faults_text"])
def test_no_number_is_a_dash(text: str, nothing: object) -> None:
    assert getattr(units, text)(nothing) == MISSING


def test_intervals_names_and_plurals() -> None:
    assert units.interval_text(1.38, 1.47) == "1.38x to 1.47x"
    assert units.interval_text(math.nan, math.nan) == MISSING
    assert units.names_text(["a", "b", "c"], 2) == "a, b, c"
    assert units.names_text(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert [units.number_text(n, "pass") for n in (1, 2)] == ["1 pass", "2 passes"]
    assert units.arrow_text("512\u00a0KiB", "256\u00a0KiB") == "512 → 256\u00a0KiB"
    assert units.arrow_text("2\u00a0MiB", "256\u00a0KiB") == "2\u00a0MiB → 256\u00a0KiB"
