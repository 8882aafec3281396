"""An optimizer in a variant: found wherever it may be, its state made and put back, without a word of declaration."""

import functools
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from benchmarks.catalogue.scenarios import Built, Scenario, optimizers
from benchmarks.measure.memory import measure_memory
from benchmarks.optimizer_state import OptimizerState, find_optimizers
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS
from benchmarks.verify.ops import Disagreement
from benchmarks.verify.scenarios import check_scenario
from benchmarks.workload import make_workload
from tests.support.scenarios import case_of


class Net(nn.Module):
    def __init__(self, inplace: bool) -> None:
        super().__init__()
        self.first, self.act, self.last = nn.Linear(8, 16), nn.ReLU(inplace), nn.Linear(16, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.act(self.first(x)))


def trained(inplace: bool, kind=torch.optim.Adam, **settings):
    """A model and its optimizer as users write them: nothing of the optimizer is declared."""

    def build() -> Built:
        net = Net(inplace)
        optimizer = kind(net.parameters(), **{"lr": 1e-2, **settings})

        def step(gradients):
            for p, g in zip(net.parameters(), gradients, strict=True):
                p.grad = g
            optimizer.step()
            return list(net.parameters())

        return Built(net, tuple(net.parameters()), update=step, module=net)

    return build


def whole_step(inplace: bool, zero: str = "before"):
    """The usual loop's body; `zero`: where the gradients are let go, or nowhere."""

    def build() -> Built:
        net = Net(inplace)
        optimizer = torch.optim.AdamW(net.parameters())

        def call(x):
            if zero == "before":
                optimizer.zero_grad()
            net(x).square().mean().backward()
            optimizer.step()
            if zero == "behind":
                optimizer.zero_grad()
            return [p.detach() for p in net.parameters()]

        return Built(call, module=net)

    return build


def workload_of(outofplace, inplace, phase: str = "step", **fields):
    declared = Scenario("trained", outofplace, inplace, (32, 8), **fields)
    return make_workload(declared, case_of(declared, phase))


def called(workload, variant):
    subject = workload.subjects[variant]
    with torch.set_grad_enabled(workload.case.records_graph):
        result = subject.call(subject.restore())
        updated = subject.backward(result) if subject.backward is not None else ()
    return [t.detach().clone() for t in (*updated, *workload.state(variant))]


KINDS = [
    (torch.optim.Adam, {}),
    (torch.optim.Adam, {"foreach": True, "amsgrad": True}),
    (torch.optim.AdamW, {"fused": True}),
    (torch.optim.SGD, {}),
    (torch.optim.SGD, {"momentum": 0.9, "weight_decay": 0.1}),
    (torch.optim.RMSprop, {"momentum": 0.9}),
    (torch.optim.Adagrad, {}),
    (torch.optim.NAdam, {}),
    (torch.optim.Rprop, {}),
]


@pytest.mark.parametrize("kind, settings", KINDS, ids=lambda each: getattr(each, "__name__", str(each)))
def test_every_call_begins_with_the_same_state_in_both_variants(kind, settings):
    workload = workload_of(trained(False, kind, **settings), trained(True, kind, **settings))
    calls = [called(workload, variant) for _ in range(3) for variant in VARIANTS]
    assert len(calls[0]) >= 8
    for each in calls[1:]:
        assert len(each) == len(calls[0]) and all(map(torch.equal, each, calls[0]))
    assert check_scenario(workload).error == 0.0


def test_the_first_step_lies_behind_every_call():
    workload = workload_of(trained(False), trained(True))
    for variant in VARIANTS:
        steps = [t for t in called(workload, variant) if t.dim() == 0]
        assert [float(t) for t in steps] == [2.0] * 4
        subject = workload.subjects[variant]
        subject.restore()
        assert [float(t) for t in workload.state(variant) if t.dim() == 0] == [1.0] * 4


def test_making_the_state_moves_nothing():
    torch.manual_seed(0)
    parameter, frozen = nn.Parameter(torch.randn(4)), nn.Parameter(torch.randn(4), requires_grad=False)
    before = parameter.detach().clone()
    optimizer = torch.optim.AdamW([parameter, frozen], weight_decay=0.5)
    kept = OptimizerState(optimizer)
    assert torch.equal(parameter, before) and set(optimizer.state) == {parameter}
    assert not any(optimizer.state[parameter][name].any() for name in ("exp_avg", "exp_avg_sq"))
    assert [t.numel() for t in kept.tensors] == [4, 4, 1, 4, 4]


@pytest.mark.parametrize("zero", ["before", "behind", "nowhere"])
def test_a_whole_step_with_its_own_backward(zero):
    variants = whole_step(False, zero), whole_step(True, zero)
    workload = workload_of(*variants, phases=("step",), whole_step=True)
    calls = [called(workload, variant) for _ in range(3) for variant in VARIANTS]
    assert all(all(map(torch.equal, each, calls[0])) for each in calls[1:])
    assert check_scenario(workload).error == 0.0


def test_an_update_that_differs_in_its_state_alone_is_seen():
    """Both move the weights alike; the second keeps another average for the next step."""

    class Forgets(torch.optim.SGD):
        def step(self, closure=None):
            super().step(closure)
            for kept in self.state.values():
                kept["momentum_buffer"].mul_(0.5)

    settings = {"momentum": 0.9}
    workload = workload_of(trained(False, torch.optim.SGD, **settings), trained(True, Forgets, **settings))
    with pytest.raises(Disagreement, match=r"^state of tensor 4 differ between the variants"):
        check_scenario(workload)


class Replaces(torch.optim.Optimizer):
    """Out of place: new moments in the place of the old ones, and a rate that falls."""

    def __init__(self, parameters, lr):
        super().__init__(parameters, {"lr": lr})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                old = self.state[p].get("mean", torch.zeros_like(p))
                self.state[p]["mean"] = 0.9 * old + p.grad
                self.state[p]["count"] = self.state[p].get("count", 0) + 1
                p.data = p - group["lr"] * self.state[p]["mean"]
            group["lr"] *= 0.5


def test_what_a_step_puts_in_anothers_place_is_put_back_too():
    workload = workload_of(trained(False, Replaces), trained(False, Replaces))
    calls = [called(workload, OUTOFPLACE) for _ in range(3)]
    assert all(all(map(torch.equal, each, calls[0])) for each in calls[1:])
    subject = workload.subjects[OUTOFPLACE]
    bytes_ = 4 * sum(p.numel() for p in workload.built[OUTOFPLACE].parameters)
    for _ in range(2):
        seen = measure_memory(subject.restore, subject.call, subject.backward, "cpu")
        assert seen.leaked_bytes == 0 and seen.step_peak_bytes > 2 * bytes_, "new moments beside the old ones"


class NeedsClosure(torch.optim.LBFGS):
    pass


def test_where_no_step_can_be_made_beforehand_the_first_one_is_each_calls():
    parameter = nn.Parameter(torch.ones(3))
    optimizer = NeedsClosure([parameter], max_iter=2)
    kept = OptimizerState(optimizer)
    found = []
    for _ in range(2):
        kept.restore()
        assert not optimizer.state and torch.equal(parameter, torch.ones(3))

        def closure():
            optimizer.zero_grad()
            loss = (parameter - 3).square().sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        found.append(parameter.detach().clone())
    assert torch.equal(*found) and not torch.equal(found[0], torch.ones(3))


def test_no_state_that_is_not_finite_is_kept():
    class Divides(torch.optim.SGD):
        @torch.no_grad()
        def step(self, closure=None):
            for p in self.param_groups[0]["params"]:
                self.state[p]["unit"] = p.grad / p.grad.norm()

    optimizer = Divides([nn.Parameter(torch.ones(3))])
    OptimizerState(optimizer)
    assert not optimizer.state


OPTIMIZER = torch.optim.SGD([nn.Parameter(torch.ones(1))])


def test_found_wherever_a_variant_holds_it():
    def new():
        return torch.optim.SGD([nn.Parameter(torch.ones(1))])

    class Trainer:
        def __init__(self):
            self.held = {"all": [new()]}

        def step(self):
            pass

    module = nn.Sequential(nn.Linear(1, 1))
    module[0].own = new()
    inner = new()
    closes = lambda: lambda: inner  # noqa: E731  # a closure in a closure
    default = lambda x, optimizer=new(): optimizer  # noqa: B008, E731  # bound as it is defined
    assert len(find_optimizers(Trainer().step)) == 1
    assert len(find_optimizers(module, module[0].own)) == 1
    assert find_optimizers(closes(), lambda: closes) == [inner]
    assert len(find_optimizers(functools.partial(print, new()), default, SimpleNamespace(a=new()))) == 3
    assert find_optimizers(lambda: OPTIMIZER) == [OPTIMIZER]
    assert find_optimizers(None, 3, lambda: functools, nn.Linear(2, 2)) == []


@pytest.mark.parametrize("rule", ["sgd_foreach", "adam_fused"])
def test_what_is_declared_costs_nothing_more(rule):
    (declared,) = (each for each in optimizers.SCENARIOS if each.name == rule)
    workload = make_workload(declared, case_of(declared, scale=min(declared.scales)))
    assert not any(workload.optimizers.values())
    assert workload.state(INPLACE) == tuple(workload.built[INPLACE].state)
