"""Architectures are the published ones: parameters, layers and shapes, counted without weights where they are large."""

import operator
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.models.activation import GELU
from benchmarks.models.mobilenet import mobilenet_v2
from benchmarks.models.plain import PlainStack
from benchmarks.models.resnet import PaddedShortcut, cifar_resnet, resnet18
from benchmarks.models.unet import UNet
from benchmarks.models.vgg import vgg_dropout

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def parameters(build) -> int:
    with torch.device("meta"):
        return sum(p.numel() for p in build().parameters())


def count(network: nn.Module, kinds) -> int:
    return sum(isinstance(module, kinds) for module in network.modules())


@pytest.mark.parametrize(
    "build, published",
    [
        (partial(resnet18, nn.ReLU), 11_689_512),
        (partial(mobilenet_v2, nn.ReLU6), 3_504_872),
    ],
    ids=["ResNet-18", "MobileNetV2"],
)
def test_parameters_as_published(build, published):
    assert parameters(build) == published


@pytest.mark.parametrize("depth, millions", [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85)])
def test_resnet_for_cifar_has_the_parameters_and_layers_of_table_6(depth, millions):
    assert round(parameters(partial(cifar_resnet, depth, nn.ReLU)) / 1e6, 2) == millions
    assert count(cifar_resnet(depth, nn.ReLU), (nn.Conv2d, nn.Linear)) == depth
    assert count(cifar_resnet(depth, nn.ReLU), nn.ReLU) == depth - 1


def test_unet_has_23_convolutions_and_the_paper_s_size_at_its_width():
    """18 of 3x3, 4 of 2x2 upwards, one of 1x1; by hand, weights and biases of them all."""
    assert count(UNet(2, nn.ReLU), CONVOLUTIONS) == 23
    doubles = [(1, 64), (64, 128), (128, 256), (256, 512), (512, 1024), (1024, 512), (512, 256), (256, 128), (128, 64)]
    by_hand = sum(9 * a * b + b + 9 * b * b + b for a, b in doubles)
    by_hand += sum(4 * a * b + b for a, b in doubles[5:]) + 64 * 2 + 2
    assert parameters(partial(UNet, 64, nn.ReLU)) == by_hand == 31_030_658


def test_vgg_like_has_the_convolutions_of_vgg16():
    network = vgg_dropout(4, inplace=False)
    assert count(network, nn.Conv2d) == 13 and count(network, nn.MaxPool2d) == 5 and count(network, nn.Dropout) == 14


@pytest.mark.parametrize(
    "network, shape, result",
    [
        (cifar_resnet(20, nn.ReLU), (2, 3, 32, 32), (2, 10)),
        (mobilenet_v2(nn.ReLU6), (2, 3, 32, 32), (2, 1000)),
        (UNet(2, nn.ReLU), (2, 1, 32, 16), (2, 2, 32, 16)),
        (vgg_dropout(2, inplace=True), (2, 3, 32, 32), (2, 10)),
        (PlainStack(3, 4, holds=True, inplace=False), (2, 3, 8, 8), (2, 4, 8, 8)),
    ],
    ids=["ResNet-20", "MobileNetV2", "U-Net", "VGG-like", "plain"],
)
def test_shapes(network, shape, result):
    assert network(torch.randn(shape)).shape == result


@pytest.mark.parametrize("holds", [False, True])
def test_a_plain_stack_computes_the_same_whoever_holds_what(holds):
    x, expected = torch.randn(2, 3, 8, 8), None
    for inplace in (False, True):
        torch.manual_seed(0)
        network = PlainStack(3, 4, holds, inplace)
        result = network(x)
        expected = result if expected is None else expected
        assert torch.equal(result, expected)


def test_the_parameter_free_shortcut_takes_every_second_pixel_and_adds_empty_channels():
    x = torch.randn(2, 3, 4, 4)
    result = PaddedShortcut(3, 5)(x)
    assert torch.equal(result[:, :3], x[:, :, ::2, ::2]) and not result[:, 3:].any()
    assert result.shape == (2, 5, 2, 2)


def test_gelu_takes_the_flag_that_torch_s_own_lacks():
    with pytest.raises(TypeError):
        nn.GELU(inplace=True)
    x = torch.randn(8)
    expected = F.gelu(x)
    assert torch.equal(GELU()(x), expected)
    result = GELU(inplace=True)(x)
    assert result is x and torch.equal(x, expected)


def test_adding_in_place_after_an_activation_that_keeps_its_result_raises():
    """Why a scenario adds before the activation: the order of a pre-activation block fails."""
    out = torch.relu(torch.randn(4, requires_grad=True))
    out = operator.iadd(out, torch.randn(4))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()


def test_dropout_in_place_after_relu_raises():
    """Why the VGG-like network drops out before ReLU."""
    network = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Dropout(0.5, inplace=True))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        network(torch.randn(2, 4)).sum().backward()
