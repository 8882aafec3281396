"""What a variant keeps beside its result: found wherever it may be, and compared."""

import pytest
import torch
from torch import nn

from benchmarks.catalogue.scenarios import Built
from benchmarks.catalogue.scenarios.scenario import of_module
from benchmarks.verify.kept import kept_tensors
from benchmarks.verify.ops import Disagreement
from benchmarks.verify.scenarios import check_scenario
from benchmarks.workload import make_workload
from tests.support.scenarios import case_of, scenario


class Keeps(nn.Module):
    """Keeps its features for another layer before a ReLU, as many detectors do; `how` says where."""

    def __init__(self, inplace: bool, how: str, copy: bool = False) -> None:
        super().__init__()
        self.linear, self.act, self.copy = nn.Linear(8, 8), nn.ReLU(inplace=inplace), copy
        self.features, self.every, self.by_name = None, [], {}
        hooked: list[torch.Tensor] = []
        if how == "hook":
            self.linear.register_forward_hook(lambda module, args, result: hooked.append(self._kept(result)))
        self.how = how

    def _kept(self, h: torch.Tensor) -> torch.Tensor:
        return h.detach().clone() if self.copy else h.detach()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.linear(x)
        if self.how == "attribute":
            self.features = self._kept(h)
        elif self.how == "list":
            self.every.append(self._kept(h))
        elif self.how == "dict":
            self.by_name["h"] = [self._kept(h)]
        return self.act(h)


def checked(how: str, copy: bool = False, phase: str = "step"):
    variants = (lambda: Keeps(False, how, copy)), (lambda: Keeps(True, how, copy))
    declared = scenario("keeps", *variants, shape=(4, 8), scales=(1,))
    return check_scenario(make_workload(declared, case_of(declared, phase)))


WHERE = {"attribute": "features", "list": r"every\[0\]", "dict": r"by_name\['h'\]\[0\]", "hook": "hook of linear.*"}


@pytest.mark.parametrize("phase", ["inference", "step"])
@pytest.mark.parametrize("how, where", WHERE.items())
def test_features_that_an_in_place_op_overwrites_are_seen(how, where, phase):
    with pytest.raises(Disagreement, match=f"what is kept in {where} differ between the variants, by up to"):
        checked(how, phase=phase)


@pytest.mark.parametrize("how", WHERE)
def test_copies_are_kept_rightly(how):
    assert checked(how, copy=True).error == 0


def test_parameters_buffers_and_state_are_no_such_thing():
    assert kept_tensors(of_module(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)))) == {}
    state, other = torch.ones(2), torch.ones(2)
    variant = Built(lambda x: x + state + other, state=(state,))
    assert list(kept_tensors(variant)) == ["the call, other"]


def test_what_holds_itself_is_looked_into_once():
    module = nn.Linear(2, 2)
    module.me = [module.__dict__, module]
    module.rows = [[[[[[torch.ones(1)]]]]]]
    assert kept_tensors(of_module(module)) == {}, "beyond a few containers nothing is looked for"
