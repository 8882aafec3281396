"""Autograd functions: one writes its input and says so with `mark_dirty`, one must not write what it is given."""

from typing import Any

import torch
from torch import nn

from benchmarks.advise_judge.models.steps import Step, classifier_training, inference


class _DirtyLeaky(torch.autograd.Function):
    """Leaky relu in place. Its backward needs only the signs of the result."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
        x.mul_(torch.where(x > 0, 1.0, 0.1))
        context.mark_dirty(x)
        context.save_for_backward(x)
        return x

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        (y,) = context.saved_tensors
        return gradient * torch.where(y > 0, 1.0, 0.1)


class _CleanSwish(torch.autograd.Function):
    """x * sigmoid(x), with x saved: neither x nor the gradient may be written."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        (x,) = context.saved_tensors
        s = torch.sigmoid(x)
        return gradient * (s * (1 + x * (1 - s)))


class _FunctionNet(nn.Module):
    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(4))
        self.head = nn.Linear(width, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for i, layer in enumerate(self.layers):
            h = layer(x)
            h = _DirtyLeaky.apply(h) if i % 2 else _CleanSwish.apply(h)
            assert isinstance(h, torch.Tensor)
            x = h + x
        return self.head(x)


def dirty_functions_training() -> Step:
    """A training step of 32 rows."""
    torch.manual_seed(0)
    inputs = torch.randn(32, 48)
    return classifier_training(_FunctionNet(), inputs)


def dirty_functions_inference() -> Step:
    """An inference of 32 rows."""
    torch.manual_seed(0)
    inputs = torch.randn(32, 48)
    return inference(_FunctionNet(), inputs)
