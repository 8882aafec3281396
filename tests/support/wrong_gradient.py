"""An in-place variant whose gradient is wrong."""

import torch


class Tripled(torch.autograd.Function):
    """Doubles in place, but has a gradient of three."""

    @staticmethod
    def forward(context, x):
        context.mark_dirty(x)
        return x.mul_(2)

    @staticmethod
    def backward(context, gradient):
        return gradient * 3
