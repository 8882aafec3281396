"""What a training step does to lists of parameters and gradients, out of place: functions return new lists.

The rules are torch.optim's, term by term, so that both give the same numbers.
"""

import torch

#: The list type of torch's foreach functions.
Tensors = list[torch.Tensor] | tuple[torch.Tensor, ...]

LEARNING_RATE = 1e-3
MOMENTUM = 0.9
BETAS = (0.9, 0.999)
EPSILON = 1e-8
#: Decay of the average of the weights.
DECAY = 0.999
#: The largest norm of all gradients together.
MOST_NORM = 1.0
#: The loss was multiplied by this, so that small gradients survive in half precision.
SCALE = 2.0**10


@torch.no_grad()
def sgd(parameters: Tensors, gradients: Tensors, buffers: Tensors) -> list[torch.Tensor]:
    """SGD with momentum: the new parameters, then the new momentum buffers."""
    buffers = [MOMENTUM * b + g for b, g in zip(buffers, gradients, strict=True)]
    return [*(p - LEARNING_RATE * b for p, b in zip(parameters, buffers, strict=True)), *buffers]


@torch.no_grad()
def adam(parameters: Tensors, gradients: Tensors, means: Tensors, squares: Tensors, step: int) -> list[torch.Tensor]:
    """Adam (arXiv:1412.6980), `step` counted from 1: the new parameters, then first and second moments."""
    beta1, beta2 = BETAS
    size, root = LEARNING_RATE / (1 - beta1**step), (1 - beta2**step) ** 0.5
    means = [beta1 * m + (1 - beta1) * g for m, g in zip(means, gradients, strict=True)]
    squares = [beta2 * v + (1 - beta2) * g * g for v, g in zip(squares, gradients, strict=True)]
    moved = [p - size * m / (v.sqrt() / root + EPSILON) for p, m, v in zip(parameters, means, squares, strict=True)]
    return [*moved, *means, *squares]


@torch.no_grad()
def clip(gradients: Tensors) -> Tensors:
    """The gradients, scaled down together to a norm of at most MOST_NORM: arXiv:1211.5063."""
    return torch._foreach_mul(gradients, share_kept(gradients))  # pyright: ignore[reportPrivateImportUsage]  # no public name


def share_kept(gradients: Tensors) -> torch.Tensor:
    """The factor of clipping: 1 if the common norm is small enough."""
    return (MOST_NORM / (torch.nn.utils.get_total_norm(gradients) + 1e-6)).clamp(max=1.0)


@torch.no_grad()
def lerp(averages: Tensors, parameters: Tensors) -> list[torch.Tensor]:
    """One step of the exponential moving average of the weights, one tensor after another."""
    return [a.lerp(p, 1 - DECAY) for a, p in zip(averages, parameters, strict=True)]


@torch.no_grad()
def foreach_lerp(averages: Tensors, parameters: Tensors) -> Tensors:
    """The same for whole lists."""
    return torch._foreach_lerp(averages, parameters, 1 - DECAY)  # pyright: ignore[reportPrivateImportUsage]  # no public name


@torch.no_grad()
def unscale(gradients: Tensors) -> list[torch.Tensor]:
    """The gradients divided by the loss's scale, then whether any is infinite or NaN (0 or 1)."""
    gradients = [g * (1 / SCALE) for g in gradients]
    overflown = torch.stack([g.isfinite().all() for g in gradients]).all().logical_not()
    return [*gradients, overflown.float()]
