"""Parameter counts: the published ones where an architecture's name is used, the catalogue's where a scale says."""

import pytest

from benchmarks.catalogue import shapes
from benchmarks.models.encoder import Encoder
from benchmarks.models.inplace_abn import InplaceABN
from benchmarks.models.norm_act import abn_resnet, leaky_resnet
from benchmarks.models.perceptron import LeNet300


def parameters(module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_inplace_abn_has_the_parameters_of_the_norms_it_replaces():
    """0.27 M in table 6 of He et al. 2015 for 20 layers."""
    assert parameters(abn_resnet(20)) == parameters(leaky_resnet(20, inplace=False)) == 269_722
    assert sum(isinstance(module, InplaceABN) for module in abn_resnet(20).modules()) == 1 + 9


def test_lenet_300_100():
    assert parameters(LeNet300()) == 784 * 300 + 300 + 300 * 100 + 100 + 100 * 10 + 10 == 266_610


@pytest.mark.parametrize("numel", [2**18, 2**20])
def test_the_encoder_has_the_parameters_that_shapes_says(numel):
    wanted = shapes.parameters(numel)
    model = Encoder(*wanted[0])
    assert [tuple(p.shape) for p in model.parameters()] == wanted and parameters(model) == numel
