"""Less, the same or more: exact unless a difference is allowed for."""

import pytest

from analysis.numbers.byte_relation import byte_relation
from benchmarks.record import LESS, MORE, SAME


@pytest.mark.parametrize(
    "outofplace, inplace, same_within, expected",
    [
        (2, 1, 0.0, LESS),
        (1, 2, 0.0, MORE),
        (0, 0, 0.0, SAME),
        (100, 99, 0.0, LESS),
        (100, 99, 0.01, SAME),
        (99, 100, 0.01, SAME),
        (100, 98, 0.01, LESS),
        (98, 100, 0.01, MORE),
    ],
)
def test_byte_relation(outofplace, inplace, same_within, expected):
    assert byte_relation(outofplace, inplace, same_within) == expected
