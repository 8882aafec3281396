"""Residual networks as published (arXiv:1512.03385): ResNet-20 to -56 for CIFAR, and ResNet-18."""

import operator
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.models.activation import Activation

#: Adds the shortcut to a block's result: `operator.add`, or `operator.iadd` as in `out += shortcut`.
Add = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with batch norm, the shortcut added before the second activation. (N, C, H, W)."""

    def __init__(
        self, inputs: int, outputs: int, stride: int, shortcut: nn.Module, activation: Activation, add: Add
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm1: nn.Module = nn.BatchNorm2d(outputs)
        self.activation1 = activation()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = shortcut
        self.add = add
        self.activation2 = activation()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.conv1(x)
        out = self.norm1(out)
        out = self.activation1(out)
        out = self.conv2(out)
        out = self.norm2(out)
        out = self.add(out, self.shortcut(x))
        out = self.activation2(out)
        return out


class PaddedShortcut(nn.Module):
    """Option A: every second pixel, and zeros for the new channels; no parameters."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.more = outputs - inputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.more))


def projected_shortcut(inputs: int, outputs: int) -> nn.Module:
    """Option B: a 1x1 convolution with stride 2, and batch norm."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=2, bias=False), nn.BatchNorm2d(outputs))


def cifar_resnet(depth: int, activation: Activation, *, add: Add = operator.add) -> nn.Sequential:
    """ResNet of section 4.2: 6n + 2 layers of 16, 32 and 64 channels; (N, 3, 32, 32) to (N, 10)."""
    blocks = _blocks((16, 32, 64), (depth - 2) // 6, PaddedShortcut, activation, add)
    stem = (nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), activation())
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def resnet18(activation: Activation, *, add: Add = operator.add) -> nn.Sequential:
    """ResNet-18 of table 1, for ImageNet's 1000 classes; (N, 3, H, W) to (N, 1000)."""
    blocks = _blocks((64, 128, 256, 512), 2, projected_shortcut, activation, add)
    stem = (nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(64), activation())
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))
    return nn.Sequential(*stem, nn.MaxPool2d(3, stride=2, padding=1), *blocks, *head)


def _blocks(
    widths: tuple[int, ...],
    per_stage: int,
    shortcut: Callable[[int, int], nn.Module],
    activation: Activation,
    add: Add,
) -> Iterator[ResidualBlock]:
    """The blocks of all stages; each stage after the first halves the image."""
    inputs = widths[0]
    for width in widths:
        for _ in range(per_stage):
            is_wider = width != inputs
            other_path = shortcut(inputs, width) if is_wider else nn.Identity()
            yield ResidualBlock(inputs, width, 2 if is_wider else 1, other_path, activation, add)
            inputs = width
