"""Activations as architectures take them: a function that makes the module, with its in-place flag chosen."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

#: Makes one activation; a network calls it once per place.
Activation = Callable[[], nn.Module]


class GELU(nn.Module):
    """GELU with an in-place flag. torch.nn.GELU lacks it, although the operator exists (pytorch issue 92884)."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.ops.aten.gelu_(x) if self.inplace else F.gelu(x)
