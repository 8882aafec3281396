"""DenseNet as torchvision has it: dense layers of norm, activation and convolution; flags off."""

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.advise_judge.models.steps import Step, classifier_training, image_batch, inference

_SMALL, _DENSENET121 = (2, 3, 2), (6, 12, 24, 16)


class _DenseLayer(nn.Module):
    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.relu1 = nn.ReLU()
        self.conv1 = nn.Conv2d(inputs, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.relu2 = nn.ReLU()
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        bottleneck = self.conv1(self.relu1(self.norm1(torch.cat(features, 1))))
        return self.conv2(self.relu2(self.norm2(bottleneck)))


class _DenseBlock(nn.Module):
    def __init__(self, layers: int, inputs: int, growth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_DenseLayer(inputs + i * growth, growth) for i in range(layers))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = [x]
        for layer in self.layers:
            features.append(layer(features))
        return torch.cat(features, 1)


class _DenseNet(nn.Module):
    def __init__(self, blocks: tuple[int, ...], growth: int, classes: int) -> None:
        super().__init__()
        width = 2 * growth
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        stages: list[nn.Module] = []
        for i, layers in enumerate(blocks):
            stages.append(_DenseBlock(layers, width, growth))
            width += layers * growth
            if i < len(blocks) - 1:
                transition = nn.Conv2d(width, width // 2, 1, bias=False)
                stages.append(nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), transition, nn.AvgPool2d(2)))
                width //= 2
        self.stages = nn.Sequential(*stages, nn.BatchNorm2d(width))
        self.classifier = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = self.stages(self.stem(x))
        out = F.relu(features)
        out = F.adaptive_avg_pool2d(out, 1)
        return self.classifier(torch.flatten(out, 1))


def densenet_training() -> Step:
    """A training step of 4 images, of a small DenseNet."""
    inputs = image_batch()
    return classifier_training(_DenseNet(_SMALL, 8, 10), inputs)


def densenet_inference() -> Step:
    """An inference of 4 images, of a small DenseNet."""
    inputs = image_batch()
    return inference(_DenseNet(_SMALL, 8, 10), inputs)


def densenet121_training() -> Step:
    """A training step of 2 images, of all layers of DenseNet-121 at its own growth."""
    inputs = image_batch(2)
    return classifier_training(_DenseNet(_DENSENET121, 32, 10), inputs)
