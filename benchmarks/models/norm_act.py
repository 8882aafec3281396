"""Convolutional nets with torch's BatchNorm and LeakyReLU, or with both as InPlace-ABN: nothing else differs."""

from collections.abc import Callable

from torch import nn

from benchmarks.models.inplace_abn import InplaceABN
from benchmarks.models.resnet import ResidualBlock, cifar_resnet

SLOPE = 0.01

#: Makes BatchNorm and LeakyReLU, for a number of channels, in one module.
NormAct = Callable[[int], nn.Module]


def norm_act(inplace: bool) -> NormAct:
    """Torch's own BatchNorm and LeakyReLU, the activation's flag off or on."""
    return lambda channels: nn.Sequential(nn.BatchNorm2d(channels), nn.LeakyReLU(SLOPE, inplace=inplace))


def chain(depth: int, width: int, made: NormAct) -> nn.Sequential:
    """`depth` convolutions of `width` channels, each with its norm and activation, as in VGG between two poolings."""
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [nn.Conv2d(width, width, 3, padding=1, bias=False), made(width)]
    return nn.Sequential(*layers)


def leaky_resnet(depth: int, inplace: bool) -> nn.Sequential:
    """The ResNet for CIFAR with LeakyReLU: (images, 3, 32, 32) to (images, 10)."""
    return cifar_resnet(depth, lambda: nn.LeakyReLU(SLOPE, inplace=inplace))


def abn_resnet(depth: int) -> nn.Module:
    """The same, with each BatchNorm and the activation after it merged. A block's second one precedes the sum."""
    net = leaky_resnet(depth, inplace=True)
    net[1], net[2] = _merge(net[1])
    for block in net.modules():
        if isinstance(block, ResidualBlock):
            block.norm1, block.activation1 = _merge(block.norm1)
    return net


def _merge(norm: nn.Module) -> tuple[nn.Module, nn.Module]:
    if not isinstance(norm, nn.BatchNorm2d):
        raise TypeError(f"only a BatchNorm2d can be merged with its activation, not {type(norm).__name__}")
    return InplaceABN(norm.num_features, SLOPE), nn.Identity()
