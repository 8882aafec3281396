"""Both forms of every scenario do the same work in every phase: outputs, gradients, updates, declared writes."""

import pytest

from benchmarks.catalogue import scenarios
from benchmarks.catalogue.scenarios import Scenario
from benchmarks.verify.scenarios import check_scenario
from benchmarks.workload import make_workload
from tests.scenarios import case_of

EVERY = [each for some in scenarios.topics().values() for each in some]
#: Compiled forms are checked where they are measured: compiling takes many seconds.
EAGER = [each for topic, some in scenarios.topics().items() if topic != "compiled" for each in some]
CASES = [(each, phase) for each in EAGER for phase in each.phases]
#: Forward checks what backward does.
APART = [(each, phase) for each, phase in CASES if phase != "forward" or "backward" not in each.phases]


@pytest.mark.slow
@pytest.mark.parametrize("declared, phase", APART, ids=[f"{each.name}-{phase}" for each, phase in APART])
def test_forms_agree(declared: Scenario, phase: str):
    """Backward is all that step checks, but for what a form updates."""
    workload = make_workload(declared, case_of(declared, phase, min(declared.scales)))
    if phase != "backward" or "step" not in declared.phases or any(form.update for form in workload.forms.values()):
        assert check_scenario(workload) <= declared.tolerance


NORMED = [(each, phase) for each, phase in CASES if each.name.startswith("abn_")]


@pytest.mark.parametrize("declared, phase", NORMED, ids=[f"{each.name}-{phase}" for each, phase in NORMED])
def test_norms_rebuilt_from_their_results_agree_to_rounding(declared: Scenario, phase: str):
    """Their tolerance is wide for GPUs, whose BatchNorm rounds differently from torch's own."""
    assert check_scenario(make_workload(declared, case_of(declared, phase)), watch=False) <= 1e-5


@pytest.mark.parametrize("declared", EVERY, ids=[each.name for each in EVERY])
def test_a_name_says_it_all(declared: Scenario):
    assert declared.name.isidentifier() and declared.name == declared.name.lower()
