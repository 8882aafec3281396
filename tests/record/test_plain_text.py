"""Sizes, times and lists of names as people write them."""

import pytest

from benchmarks.record import plain_text


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("plain_bytes", 10239, "10239 B"),
        ("plain_bytes", 10240, "10.0 KiB"),
        ("plain_bytes", 2**20 - 1, "1024.0 KiB"),
        ("plain_bytes", -(2**21), "-2.00 MiB"),
        ("plain_bytes", 2**31, "2,048.00 MiB"),
        ("mib_text", 20480, "0.02 MiB"),
        ("plain_time", 2.0, "2 s"),
        ("plain_time", 0.00123, "1.23 ms"),
        ("plain_time", 45e-6, "45 us"),
        ("plain_duration", 0.4, "0.4 s"),
        ("plain_duration", 9.5, "10 s"),
        ("plain_duration", 60, "1 min 0 s"),
        ("plain_duration", 3599.4, "59 min 59 s"),
        ("plain_duration", 11100, "3 h 5 min"),
        ("clock_text", 119.7, "2:00"),
        ("clock_text", 7.4, "0:07"),
    ],
)
def test_numbers_become_text(text, value, said):
    assert getattr(plain_text, text)(value) == said


def test_names_beyond_the_first_are_counted():
    assert plain_text.first_names(["a", "b"], 2) == "a, b"
    assert plain_text.first_names(["a", "b", "c"], 2) == "a, b and 1 more"
    assert plain_text.first_names([str(i) for i in range(1234)], 1) == "0 and 1,233 more"
