"""Looks at the width of an interval: who leaves, when, and that only the width decides."""

import itertools

import pytest

from benchmarks.planning.looks import WidthLook, left_after
from benchmarks.planning.presets import PRESETS
from benchmarks.record import THRESHOLDS
from benchmarks.record.interval import interval, passes_needed

LOOKS = (WidthLook(6, 0.01), WidthLook(9, 0.03))
NARROW, WIDE = (0.0, 2**-6) * 3, (0.0, 0.2) * 3


@pytest.mark.parametrize(
    "log_speedups, looks, after",
    [
        (NARROW, LOOKS, 6),
        (NARROW[:5], LOOKS, None),
        ((*NARROW, None, None, 9.0), LOOKS, 6),  # it was not asked again
        (tuple(value + 0.5 for value in NARROW), LOOKS, 6),  # not by the verdict
        ((0.0, 0.021) * 6, LOOKS, 9),
        ((*(0.0, 0.021) * 4, 0.5), LOOKS, 9),  # the interval of nine leaves out one on either side
        ((*(0.0, 0.021) * 4, 0.5), (LOOKS[0],), None),
        ((*WIDE, 0.0, 0.0, 0.0), LOOKS, None),
        ((*(0.0, 0.021) * 4, None, 0.0), LOOKS, None),  # a pass that gave none
        (NARROW, (), None),
    ],
)
def test_a_case_leaves_at_the_first_look_that_finds_its_interval_narrow(log_speedups, looks, after):
    assert left_after(log_speedups, looks) == after


@pytest.mark.parametrize("name", PRESETS)
def test_the_looks_of_a_preset_can_be_judged_and_come_before_its_last_pass(name):
    preset, confidence = PRESETS[name], THRESHOLDS["confidence"]
    numbers = [look.passes for look in preset.looks]
    assert numbers == sorted(set(numbers))
    assert all(passes_needed(confidence) <= each < preset.passes for each in numbers)
    for few, more in itertools.pairwise([*numbers, preset.passes]):
        low, lower = (interval([*map(float, range(count))], confidence) for count in (few, more))
        assert low and lower and low[0] < lower[0], "more passes must leave out more values"
