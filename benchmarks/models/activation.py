"""Activations as architectures take them: a function that makes the module, with its in-place flag already chosen."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

#: Makes one activation; a network calls it once for each place that has one.
Activation = Callable[[], nn.Module]


class GELU(nn.Module):
    """GELU with the in-place flag that torch.nn's own lacks, although the operator exists (pytorch issue 92884)."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.ops.aten.gelu_(x) if self.inplace else F.gelu(x)
