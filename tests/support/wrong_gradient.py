"""An in-place variant with a wrong gradient."""

import torch


class Tripled(torch.autograd.Function):
    """A function that doubles in place, but has a gradient of three."""

    @staticmethod
    def forward(context, x):
        context.mark_dirty(x)
        return x.mul_(2)

    @staticmethod
    def backward(context, gradient):
        return gradient * 3
