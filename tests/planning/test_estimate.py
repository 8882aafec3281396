"""The presets fit the time that a GPU is had for, by count and estimate."""

from dataclasses import replace

import pytest

from benchmarks.catalogue import families
from benchmarks.catalogue.select import select_families
from benchmarks.measure import rounds
from benchmarks.planning import estimate
from benchmarks.planning.axes import Axes, cross
from benchmarks.planning.estimate import gpu_run_s, timed_case_s, weighed_case_s
from benchmarks.planning.presets import PRESETS
from benchmarks.record import Case

GPU = Axes(devices=("cuda:0",), threads=(1,))
CASE = Case("some", "exp", "inference", 4, (4,), "float32", "contiguous", "none", False, "cuda:0", "caching", 1)


@pytest.mark.parametrize("preset, limit_s", [("smoke", 90), ("quick", 480)])
def test_the_ops_of_a_preset_fit(preset, limit_s):
    chosen = PRESETS[preset]
    cases = cross(families(), chosen, GPU)
    assert len(cases) > 250 and not any(case.scale for case in cases)
    assert limit_s / 4 < gpu_run_s(cases, chosen.gpu_passes, chosen.gpu_seconds) <= limit_s
    at_the_cpus = gpu_run_s(cases, chosen.gpu_passes, max(chosen.seconds, 0.04))
    assert preset == "smoke" or at_the_cpus > limit_s, "which is why a GPU has a time of its own"


def test_smoke_fits_with_its_scenarios():
    chosen = PRESETS["smoke"]
    cases = cross(select_families(None), chosen, GPU)
    assert sum(1 for case in cases if case.scale) > 20
    assert gpu_run_s(cases, chosen.gpu_passes, chosen.gpu_seconds) <= 90


def test_it_counts_what_a_case_has():
    assert timed_case_s(CASE, 0.01) == pytest.approx(0.02 + 2 * 0.01)
    assert timed_case_s(replace(CASE, phase="step"), 0.01) == pytest.approx(0.02 + 0.08 + 2 * 0.01)
    assert weighed_case_s(replace(CASE, phase="backward", scale=8)) == pytest.approx(0.02 + 0.08 + 0.7 + 0.03)
    cases = [CASE, replace(CASE, device="cpu")]
    assert gpu_run_s(cases, 2, 0.01) == pytest.approx(9 + 0.05 + 2 * (9 + 0.04))


def test_rounds_overrun_as_they_may():
    assert estimate.OVERRUN == rounds.OVERRUN
