"""Convolutional nets whose BatchNorm and activation are one argument: what is compared is nothing but these two."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

SLOPE = 0.01

#: BatchNorm and LeakyReLU of so many channels, in one module.
NormAct = Callable[[int], nn.Module]


def norm_act(inplace: bool) -> NormAct:
    """Torch's own two, the activation's flag off or on."""
    return lambda channels: nn.Sequential(nn.BatchNorm2d(channels), nn.LeakyReLU(SLOPE, inplace=inplace))


def _convolution(before: int, after: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, stride, padding=1, bias=False)


def chain(depth: int, width: int, made: NormAct) -> nn.Sequential:
    """`depth` convolutions of `width` channels, each with its norm and activation, as in VGG between two poolings."""
    return nn.Sequential(*(layer for _ in range(depth) for layer in (_convolution(width, width), made(width))))


class _Block(nn.Module):
    """A residual block: two convolutions; the second's norm has no activation before the sum, so it stays as it is."""

    def __init__(self, before: int, after: int, stride: int, made: NormAct, inplace: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _convolution(before, after, stride), made(after), _convolution(after, after), nn.BatchNorm2d(after)
        )
        self.activation = nn.LeakyReLU(SLOPE, inplace=inplace)
        self.stride, self.wider = stride, after - before

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        around = x[:, :, :: self.stride, :: self.stride]
        return self.activation(self.body(x) + F.pad(around, (0, 0, 0, 0, 0, self.wider)))


class ResNet(nn.Module):
    """The ResNet for CIFAR of He et al. 2015 with 6 * blocks + 2 layers: (images, 3, 32, 32) to (images, 10).

    Shortcuts have no parameters (their option A): with 3 blocks a stage it is ResNet-20 and has 0.27 M parameters.
    """

    def __init__(self, blocks: int, made: NormAct, inplace: bool) -> None:
        super().__init__()
        stages, before = [], 16
        for after, stride in ((16, 1), (32, 2), (64, 2)):
            stages += [_Block(before, after, stride, made, inplace)]
            stages += [_Block(after, after, 1, made, inplace) for _ in range(blocks - 1)]
            before = after
        self.layers = nn.Sequential(_convolution(3, 16), made(16), *stages)
        self.last = nn.Linear(64, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.last(self.layers(images).mean((2, 3)))
