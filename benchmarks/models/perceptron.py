"""Perceptrons: LeNet-300-100, and residual blocks that can be checkpointed."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

Activation = Callable[[torch.Tensor], torch.Tensor]


class LeNet300(nn.Module):
    """LeNet-300-100 of LeCun et al. 1998, 266,610 parameters: (rows, 784) to (rows, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(784, 300), nn.ReLU(inplace=True), nn.Linear(300, 100), nn.ReLU(inplace=True), nn.Linear(100, 10)
        )

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.layers(rows)


class FeedForwardBlock(nn.Module):
    """A transformer's MLP with its residual: (rows, width) to the same, `activation` on 4 * width features."""

    def __init__(self, width: int, activation: Activation) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.activation = activation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.down(self.activation(self.up(F.layer_norm(x, x.shape[-1:]))))


class CheckpointedBlocks(nn.Module):
    """Blocks that keep only their inputs for backward, which computes the rest again: arXiv:1604.06174."""

    def __init__(self, depth: int, width: int, activation: Activation) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(FeedForwardBlock(width, activation) for _ in range(depth))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            x = checkpoint(block, x, use_reentrant=False)
        return x


class Layers(nn.Module):
    """Square linear layers with an activation after each: (rows, width) to the same."""

    def __init__(self, depth: int, width: int, activation: Activation) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.activation = activation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = self.activation(layer(x))
        return x
