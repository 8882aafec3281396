"""Both variants of every scenario do the same work in every phase: outputs, gradients, updates, declared writes."""

import pytest

from benchmarks.catalogue import scenarios
from benchmarks.catalogue.scenarios import Scenario
from benchmarks.verify.scenarios import check_scenario
from benchmarks.workload import make_workload
from tests.support.scenarios import case_of

EVERY = [each for some in scenarios.topics().values() for each in some]
#: Compiled variants are checked where they are measured: compiling takes many seconds.
EAGER = [each for topic, some in scenarios.topics().items() if topic != "compiled" for each in some]
CASES = [(each, phase) for each in EAGER for phase in each.phases]
#: Forward checks what backward does, and so does a step that updates nothing: the last of them that a scenario has.
SAME_CALLS = ("forward", "backward", "step")


def _checked(declared: Scenario) -> list[str]:
    last = max((phase for phase in declared.phases if phase in SAME_CALLS), key=SAME_CALLS.index, default=None)
    return [phase for phase in declared.phases if phase == last or phase not in SAME_CALLS]


APART = [(each, phase) for each in EAGER for phase in _checked(each)]


@pytest.mark.slow
@pytest.mark.parametrize("declared, phase", APART, ids=[f"{each.name}-{phase}" for each, phase in APART])
def test_variants_agree(declared: Scenario, phase: str):
    workload = make_workload(declared, case_of(declared, phase, min(declared.scales)))
    updates = any(variant.update for variant in workload.built.values())
    assert not (updates and "backward" in declared.phases), "its step does not check the gradients that backward gives"
    assert check_scenario(workload).error <= declared.tolerance


NORMED = [(each, phase) for each, phase in CASES if each.name.startswith("abn_")]


@pytest.mark.parametrize("declared, phase", NORMED, ids=[f"{each.name}-{phase}" for each, phase in NORMED])
def test_norms_rebuilt_from_their_results_agree_to_rounding(declared: Scenario, phase: str):
    """Their tolerance is wide for GPUs, whose BatchNorm rounds differently from torch's own."""
    assert check_scenario(make_workload(declared, case_of(declared, phase)), watch=False).error <= 1e-5


@pytest.mark.parametrize("declared", EVERY, ids=[each.name for each in EVERY])
def test_a_name_says_it_all(declared: Scenario):
    assert declared.name.isidentifier() and declared.name == declared.name.lower()
