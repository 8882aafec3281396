"""MobileNetV2 as published (arXiv:1801.04381, table 2), width 1.0."""

import torch
from torch import nn

from benchmarks.models.activation import Activation

#: Expansion, channels, blocks and stride of the first block.
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project without an activation; add the input if shapes allow."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int, activation: Activation) -> None:
        super().__init__()
        wide = inputs * expansion
        expand = [] if expansion == 1 else _convolution(inputs, wide, 1, 1, activation)
        self.body = nn.Sequential(
            *expand,
            *_convolution(wide, wide, 3, stride, activation, groups=wide),
            nn.Conv2d(wide, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x) if self.is_residual else self.body(x)


def mobilenet_v2(activation: Activation) -> nn.Module:
    """MobileNetV2 for ImageNet's 1000 classes; (N, 3, H, W) to (N, 1000), H and W multiples of 32."""
    layers, inputs = _convolution(3, 32, 3, 2, activation), 32
    for expansion, outputs, blocks, first_stride in STAGES:
        for i in range(blocks):
            layers.append(InvertedResidual(inputs, outputs, first_stride if i == 0 else 1, expansion, activation))
            inputs = outputs
    layers += _convolution(inputs, 1280, 1, 1, activation)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000))


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int, activation: Activation, groups: int = 1
) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), activation()]
