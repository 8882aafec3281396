"""MobileNetV3's blocks as torchvision has them: expand, filter, squeeze and excite, project; flags off."""

from collections.abc import Callable

import torch
from torch import nn

from benchmarks.advise_judge.models.steps import Step, classifier_training, image_batch, inference


class _SqueezeExcitation(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, channels // 4, 1)
        self.fc2 = nn.Conv2d(channels // 4, channels, 1)
        self.activation = nn.ReLU()
        self.scale_activation = nn.Hardsigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scale = self.avgpool(x)
        scale = self.fc1(scale)
        scale = self.activation(scale)
        scale = self.fc2(scale)
        return self.scale_activation(scale) * x


class _InvertedResidual(nn.Module):
    def __init__(self, inputs: int, wide: int, outputs: int, stride: int, act: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.use_res_connect = stride == 1 and inputs == outputs
        self.block = nn.Sequential(
            nn.Conv2d(inputs, wide, 1, bias=False),
            nn.BatchNorm2d(wide),
            act(),
            nn.Conv2d(wide, wide, 3, stride, padding=1, groups=wide, bias=False),
            nn.BatchNorm2d(wide),
            act(),
            _SqueezeExcitation(wide),
            nn.Conv2d(wide, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result = self.block(x)
        if self.use_res_connect:
            result = result + x
        return result


def _mobilenet(classes: int = 10) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.Hardswish(),
        _InvertedResidual(16, 16, 16, 1, nn.ReLU),
        _InvertedResidual(16, 64, 24, 2, nn.ReLU),
        _InvertedResidual(24, 72, 24, 1, nn.ReLU),
        _InvertedResidual(24, 96, 40, 2, nn.Hardswish),
        _InvertedResidual(40, 120, 40, 1, nn.Hardswish),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(40, 64),
        nn.Hardswish(),
        nn.Dropout(0.2),
        nn.Linear(64, classes),
    )


def mobilenet_training() -> Step:
    """A training step of 4 images."""
    inputs = image_batch()
    return classifier_training(_mobilenet(), inputs)


def mobilenet_inference() -> Step:
    """An inference of 4 images."""
    inputs = image_batch()
    return inference(_mobilenet(), inputs)
