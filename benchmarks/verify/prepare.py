"""A case ready to be measured, and whether its variants agree: the same for an op and for a scenario."""

import torch

from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.scenarios import Scenario
from benchmarks.inputs import Inputs, make_inputs
from benchmarks.record import Case
from benchmarks.verify import ops, scenarios
from benchmarks.verify.determinism import deterministic_kernels
from benchmarks.workload import Workload, make_workload

Prepared = Inputs | Workload


def prepare(pair: Pair | Scenario, case: Case) -> Prepared:
    """The tensors of an op's case, or both forms of a scenario's; what a user's builder raises is raised."""
    return make_workload(pair, case) if isinstance(pair, Scenario) else make_inputs(pair, case)


def check_case(prepared: Prepared, watch: bool = True) -> float | None:
    """Raise Disagreement unless the variants do the same work; of a scenario, how far they agree (a share of 1)."""
    with deterministic_kernels(prepared.case.device):
        if isinstance(prepared, Workload):
            return scenarios.check_scenario(prepared, watch)
        ops.check_op(prepared, watch)
        return None


def run_once(prepared: Prepared, variant: str) -> None:
    """Really call one variant, its backward included where the phase has one."""
    with torch.set_grad_enabled(prepared.case.records_graph):
        subject = prepared.subjects[variant]
        result = subject.call(subject.restore())
        if subject.backward is not None:
            subject.backward(result)
