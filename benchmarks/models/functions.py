"""Activations as user-written autograd functions, out of place and in place, differentiable to any order.

A result that replaces its input must be marked dirty and returned. What backward needs of the input is then gone: it
must follow from the result, or be cloned before. A clone that is saved but not returned has no history, and second
derivatives would silently miss it. So the clone is a result too, which the caller drops.
"""

from typing import Any

import torch


class _Swish(torch.autograd.Function):
    """x * sigmoid(x), x saved."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x * x.sigmoid()

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return grad * _swish_slope(x)


class _SwishInplace(torch.autograd.Function):
    """The same, written over x, with a clone of x saved: two inputs can have the same result."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        before = x.clone()
        x.mul_(before.sigmoid())
        ctx.mark_dirty(x)
        ctx.save_for_backward(before)
        ctx.set_materialize_grads(False)
        return x, before

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor | None, grad_before: torch.Tensor | None) -> torch.Tensor | None:
        (before,) = ctx.saved_tensors
        through = None if grad is None else grad * _swish_slope(before)
        return through if grad_before is None else grad_before if through is None else through + grad_before


def _swish_slope(x: torch.Tensor) -> torch.Tensor:
    share = x.sigmoid()
    return share * (1 + x * (1 - share))


class _Softplus(torch.autograd.Function):
    """log(1 + exp(x)), x saved, as in torch."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return torch.nn.functional.softplus(x)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return grad * x.sigmoid()


class _SoftplusInplace(torch.autograd.Function):
    """The same, written over x, with the result y saved: the derivative sigmoid(x) is 1 - exp(-y)."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        torch.ops.aten.softplus.out(x, out=x)
        ctx.mark_dirty(x)
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        (y,) = ctx.saved_tensors
        return grad * -torch.expm1(-y)


def swish(x: torch.Tensor) -> torch.Tensor:
    """x * sigmoid(x), of any shape."""
    return _Swish.apply(x)


def swish_(x: torch.Tensor) -> torch.Tensor:
    """The same, written over x."""
    return _SwishInplace.apply(x)[0]


def softplus(x: torch.Tensor) -> torch.Tensor:
    """log(1 + exp(x)), of any shape."""
    return _Softplus.apply(x)


def softplus_(x: torch.Tensor) -> torch.Tensor:
    """The same, written over x."""
    return _SoftplusInplace.apply(x)
