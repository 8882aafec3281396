"""What is to be known of a case's numbers: each in its turn, none where there is nothing."""

from types import SimpleNamespace

import pytest

from analysis.numbers.agreement import SAME_CALLS
from analysis.numbers.remarks import remarks

QUIET = {
    "state": "ok",
    "verified": True,
    "same_calls": False,
    "below_resolution": False,
    "disturbed": False,
    "below_floor": False,
    "speedup": 2.0,
    "outofplace_time_s": 2e-3,
    "inplace_time_s": 1e-3,
    "held": None,
    "unheld_reason": None,
    "host_decides": None,
    "host_bound": None,
    "throttled_blocks": None,
    "throttled_kept": False,
}
CONTRARY = "the times' medians point the other way: what scatters so needs more passes"


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({}, []),
        ({"verified": False}, ["not compared"]),
        ({"same_calls": True}, [SAME_CALLS]),
        ({"below_resolution": True}, ["changes less than its dtype can resolve"]),
        ({"disturbed": True}, ["disturbed"]),
        ({"disturbed": None}, []),
        ({"below_floor": True, "host_bound": True}, ["little signal", "host-bound"]),
        ({"speedup": 0.46, "outofplace_time_s": 7.29e-6, "inplace_time_s": 5.3e-6}, [CONTRARY]),
        ({"speedup": 1.02, "outofplace_time_s": 0.99e-3, "inplace_time_s": 1e-3}, []),  # within what scatters
        ({"speedup": float("nan")}, []),
        ({"outofplace_time_s": None, "inplace_time_s": None, "speedup": None}, []),
        ({"outofplace_time_s": 0.0}, []),
    ],
)
def test_each_in_a_few_words(changes, expected) -> None:
    assert list(remarks(SimpleNamespace(**{**QUIET, **changes}))) == expected
