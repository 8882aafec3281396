"""A plain stack of convolutions and ReLU, with or without Python references to the pre-activations."""

import torch
import torch.nn.functional as F
from torch import nn


class PlainStack(nn.Module):
    """`depth` convolutions of one width without batch norm, each followed by ReLU: (N, 3, H, W) to (N, width, H, W).

    `holds`: whether Python keeps each pre-activation until forward returns, or passes it on as a temporary.
    """

    def __init__(self, depth: int, width: int, holds: bool, inplace: bool) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3 if i == 0 else width, width, 3, padding=1) for i in range(depth))
        self.holds = holds
        self.inplace = inplace

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.holds:
            return self._with_names(x)
        for conv in self.convs:
            x = F.relu(conv(x), self.inplace)
        return x

    def _with_names(self, x: torch.Tensor) -> torch.Tensor:
        preactivations = []  # like a name for each: c1 = conv1(x); x = relu(c1); c2 = conv2(x); ...
        for conv in self.convs:
            preactivations.append(conv(x))
            x = F.relu(preactivations[-1], self.inplace)
        return x
