"""The interval is scipy's sign-test interval; verdicts are given in the contract's order."""

import math
import random

import pytest
from scipy.stats import quantile_test

from benchmarks.record.interval import interval, passes_needed, verdict


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("n", range(1, 41))
def test_interval_is_scipys(n: int, confidence: float) -> None:
    draw = random.Random(n)
    values = [draw.gauss(0, 1) for _ in range(n)]
    low, high = quantile_test(values, q=0, p=0.5).confidence_interval(confidence)
    ours = interval(values, confidence)
    if math.isnan(low) or math.isnan(high):
        assert ours is None
    else:
        assert ours == (low, high)


def test_six_passes_are_needed_and_reach_from_end_to_end() -> None:
    assert passes_needed(0.95) == 6
    assert interval(range(5), 0.95) is None
    assert interval(range(6), 0.95) == (0, 5)
    assert interval([], 0.95) is None


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1.011, 1.5, "faster"),
        (1.011, 1.029, "faster"),  # also within 3 %: the first answer counts
        (0.5, 0.989, "slower"),
        (0.971, 0.989, "slower"),
        (0.98, 1.02, "no difference"),
        (0.97, 1.03, "no difference"),
        (1.005, 1.02, "no difference"),
        (1.005, 1.04, "inconclusive"),
        (0.9, 1.1, "inconclusive"),
        (0.96, 1.0, "inconclusive"),
    ],
)
def test_verdict(low: float, high: float, expected: str) -> None:
    assert verdict(low, high, difference=0.01, equivalence=0.03) == expected
