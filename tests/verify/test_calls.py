"""Two variants make the same calls where ops, numbers and tensors are the same; else something is switched."""

import pytest
import torch
from torch import nn

from benchmarks.catalogue.scenarios import Built, Scenario
from benchmarks.record import VARIANTS
from benchmarks.verify.scenarios import check_scenario
from benchmarks.verify.writes import watch_call
from benchmarks.workload import make_workload
from tests.support.scenarios import case_of, vectors

A, B = torch.full((64,), 2.0), torch.full((64,), 3.0)


def is_same(outofplace, inplace, phase: str = "inference", **fields) -> bool:
    declared = vectors(outofplace, inplace, **{"tolerance": 10.0, "baseline_inplace": True, **fields})
    return check_scenario(make_workload(declared, case_of(declared, phase))).same_calls


@pytest.mark.parametrize(
    "one, other, same",
    [
        (lambda x: x.mul_(2), lambda x: x.mul_(2), True),
        (lambda x: x.mul_(2), lambda x: x.mul_(3), False),
        (lambda x: x.mul_(2), lambda x: x.mul_(2.0), False),
        (lambda x: x.mul_(2), lambda x: x * 2, False),
        (lambda x: x.clamp(0, 1), lambda x: x.clamp(min=0, max=1), True),
        (lambda x: x * A, lambda x: x * A.clone(), False),
        (lambda x: x * A, lambda x: x * B, False),
        (lambda x: x * A, lambda x: x * torch.clone(A.detach()).detach(), False),
        (lambda x: x * torch.tensor(2.0), lambda x: x * torch.tensor(2.0), True),
        (lambda x: x * torch.tensor(2.0), lambda x: x * torch.tensor(3.0), False),
        (lambda x: torch.sub(x.exp(), x.sin()), lambda x: torch.sub(*[x.exp(), x.sin()]), True),
        (lambda x: torch.add(x.exp(), x.exp()), lambda x: (lambda y, z: torch.add(z, y))(x.exp(), x.exp()), False),
        (lambda x: torch.stack([x, x.neg()]), lambda x: torch.stack([x, x.neg()]), True),
        (lambda x: torch.stack([x, x.neg()]), lambda x: torch.stack([x.neg(), x])[[1, 0]], False),
        (lambda x: x[:32].exp(), lambda x: x[32:].exp(), False),
        (lambda x: x[::2].exp(), lambda x: x[:32].exp(), False),
        (lambda x: torch.exp(x), lambda x: torch.exp(x, out=torch.empty(64)), False),
        (lambda x: x.to(torch.float64).float(), lambda x: x.to(torch.float64).float(), True),
        (lambda x: x.sum(0, dtype=torch.float64).float(), lambda x: x.sum(0, dtype=torch.float32), False),
    ],
)
def test_the_arguments_decide(one, other, same):
    assert is_same(one, other) is same


def test_an_argument_of_the_same_values_in_another_place_is_the_same():
    kept, equal = torch.full((64,), 2.0), torch.full((64,), 2.0)
    assert is_same(lambda x: x * kept, lambda x: x * equal)


def test_a_network_that_switches_nothing_and_one_that_does():
    def net(inplace):
        return lambda: nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.ReLU(inplace), nn.Linear(4, 2))

    def found(inplace):
        declared = Scenario("net", net(False), net(inplace), (8, 4))
        return check_scenario(make_workload(declared, case_of(declared))).same_calls

    assert found(False) and not found(True)


def test_parameters_are_told_apart_by_their_place():
    def variant(place):
        weights = [nn.Parameter(torch.ones(64)) for _ in range(2)]
        return Built(lambda x: x * weights[place], weights)

    declared = vectors(variant(0), variant(1), grad_input=False)
    workload = make_workload(declared, case_of(declared, "inference"))
    one, other = (watch_call(workload, variant).calls for variant in VARIANTS)
    assert one != other
    assert watch_call(workload, VARIANTS[0]).calls == one
