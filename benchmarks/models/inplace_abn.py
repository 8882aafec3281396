"""BatchNorm and LeakyReLU in place, the input rebuilt in backward: the idea of InPlace-ABN, arXiv:1712.02616.

BatchNorm saves its input x, the activation saves its input or result, and the next layer saves the result once more.
Here the result y replaces x and is all that is kept. LeakyReLU with slope 1 / slope inverts LeakyReLU, which gives z =
weight * xhat + bias, hence xhat = (z - bias) / weight; backward needs nothing else of x.
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

#: All dimensions except the channels, of (images, channels, height, width).
OVER = (0, 2, 3)

#: Gradients of x, weight and bias.
Gradients = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class _NormAct(torch.autograd.Function):
    """(x, weight, bias, running_mean, running_var, momentum, eps, slope) to y, in x's storage, and 1 / deviation.

    The inverse deviation is a result, although no caller uses it: as a saved result it has a gradient of its own.
    Backward uses only y, weight, bias and it, so it can be differentiated again, to any order.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor,
        running_mean: torch.Tensor,
        running_var: torch.Tensor,
        momentum: float,
        eps: float,
        slope: float,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        mean, inverse = torch.empty_like(bias), torch.empty_like(bias)
        # Torch's own kernel, so its own numbers: with given statistics it works elementwise.
        kept = {"out": x, "save_mean": mean, "save_invstd": inverse}
        torch.ops.aten.native_batch_norm.out(x, weight, bias, running_mean, running_var, True, momentum, eps, **kept)
        F.leaky_relu_(x, slope)
        ctx.mark_dirty(x)
        ctx.save_for_backward(x, weight, bias, inverse)
        ctx.set_materialize_grads(False)
        ctx.slope = slope
        return x, inverse

    @staticmethod
    def backward(
        ctx: Any, grad_y: torch.Tensor | None, grad_inverse: torch.Tensor | None
    ) -> tuple[torch.Tensor | None, ...]:
        y, weight, bias, inverse = ctx.saved_tensors
        if grad_y is None:
            grad_y = torch.zeros_like(y)
        grad_z = torch.ops.aten.leaky_relu_backward(grad_y, y, ctx.slope, True)
        z = F.leaky_relu(y, 1 / ctx.slope)
        if torch.is_grad_enabled() or grad_inverse is not None:
            gradients = _differentiable(grad_z, z, weight, bias, inverse, grad_inverse)
        else:
            gradients = _in_one_kernel(grad_z, z, weight, bias, inverse)
        return *gradients, None, None, None, None, None


def _in_one_kernel(
    grad_z: torch.Tensor, z: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, inverse: torch.Tensor
) -> Gradients:
    """Gradients of x, weight and bias by torch's own BatchNorm backward.

    For the kernel z is an input with mean `bias` and inverse deviation 1 / weight, which normalises to the same xhat.
    The gradient of x needs the factor weight * inverse; the kernel multiplies by the inverse deviation that it is
    given.
    """
    factor = weight * weight * inverse
    return torch.ops.aten.native_batch_norm_backward(
        grad_z, z, factor, None, None, bias, 1 / weight, True, 0.0, [True, True, True]
    )


def _differentiable(
    grad_z: torch.Tensor,
    z: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    inverse: torch.Tensor,
    grad_inverse: torch.Tensor | None,
) -> Gradients:
    """The same gradients in ops that autograd records, plus what the inverse deviation's gradient adds to x's."""
    count = z.numel() // z.shape[1]
    xhat = (z - _channels(bias)) / _channels(weight)
    grad_bias, grad_weight = grad_z.sum(OVER), (grad_z * xhat).sum(OVER)
    grad_xhat = grad_z - (_channels(grad_bias) + xhat * _channels(grad_weight)) / count
    grad_x = grad_xhat * _channels(weight * inverse)
    if grad_inverse is not None:  # inverse = (variance + eps) ** -0.5, and x - mean = xhat / inverse
        grad_x = grad_x - xhat * _channels(grad_inverse * inverse**2) / count
    return grad_x, grad_weight, grad_bias


def _channels(vector: torch.Tensor) -> torch.Tensor:
    return vector[:, None, None]


class InplaceABN(nn.BatchNorm2d):
    """BatchNorm2d and LeakyReLU over (images, channels, height, width), in training written over the input.

    No weight may be zero: x could not be rebuilt. In eval mode it is two of torch's ops.
    """

    num_batches_tracked: torch.Tensor  # never None: statistics are always tracked

    def __init__(self, channels: int, slope: float = 0.01) -> None:
        super().__init__(channels)
        self.slope = slope

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        statistics = (self.running_mean, self.running_var)
        if not self.training:
            normal = F.batch_norm(x, *statistics, self.weight, self.bias, eps=self.eps)
            return F.leaky_relu(normal, self.slope, inplace=True)
        self.num_batches_tracked.add_(1)
        y, _ = _NormAct.apply(x, self.weight, self.bias, *statistics, self.momentum, self.eps, self.slope)
        return y
