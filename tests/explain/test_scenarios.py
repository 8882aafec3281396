"""Nothing is said of right programs: every scenario, both variants, small."""

import math

import pytest
import torch

from benchmarks.catalogue.scenarios import topics
from benchmarks.record import VARIANTS, Case
from benchmarks.workload import make_workload
from tests.explain.explained import findings_of

SCENARIOS = [scenario for topic in topics().values() for scenario in topic]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_nothing_is_said_of_a_scenario(scenario):
    phase = "step" if "step" in scenario.phases else scenario.phases[0]
    scale = 2 if scenario.axis == "batch" else min(scenario.scales)
    shape = scenario.shape_at(scale)
    fixed = ("float32", "contiguous", "none", False, "cpu", "retained", 1)
    case = Case("scenarios", scenario.name, phase, math.prod(shape), shape, *fixed, scale)

    def program():
        workload = make_workload(scenario, case)
        with torch.set_grad_enabled(case.records_graph):
            for variant in VARIANTS:
                subject = workload.subjects[variant]
                result = subject.call(subject.restore())
                if subject.backward is not None:
                    subject.backward(result)

    assert findings_of(program) == ([], None)
