"""Who keeps what was made alive."""

import gc

import torch
from torch import nn

from benchmarks.tracking.keepers import holders_of
from benchmarks.tracking.recorder import Recorder


class Keeps(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = x.sin()
        self.features.append(h)
        self.last = h.cos()
        return self.last.exp().tan()


def keepers_of(recorder, result=None):
    """By storage that was made while it recorded and lives on: what holds it."""
    gc.collect()
    alive = [life for life in recorder.lives if life.is_alive and life.made_by]
    return holders_of(alive, recorder.known_life, result)


def kept(program, result=False) -> dict[str, list[str]]:
    recorder = Recorder()
    with recorder.recording():
        held = program()
    return {life.made_by.name: names for life, names in keepers_of(recorder, held if not result else None).items()}


def test_lists_and_attributes_of_a_module_are_named():
    net = Keeps()
    found = kept(lambda: net(torch.ones(3)))
    assert found["sin"] == ["an element of a list (attribute 'features' of a Keeps)"]
    assert found["cos"] == ["attribute 'last' of a Keeps"]
    assert "exp" not in found and "ones" not in found, "these have ended"


def test_a_graph_keeps_what_backward_needs():
    found = kept(lambda: torch.ones(3, requires_grad=True).exp().sum())
    assert found["exp"] == ["an autograd graph"]


def test_a_variable_is_named_by_its_function():
    recorder = Recorder()
    with recorder.recording():
        mine = torch.ones(3)
        nested = {"deep": [torch.zeros(3)]}
    found = {life.made_by.name: names for life, names in keepers_of(recorder).items()}
    assert found["ones"] == ["variable 'mine' of test_a_variable_is_named_by_its_function()"]
    assert found["zeros"] == [
        "an element of a list (entry 'deep' of a dict (variable 'nested' of "
        "test_a_variable_is_named_by_its_function()))"
    ]
    assert mine.sum() == 3 and nested
