"""Tensors that share memory unnoticed: gradients, overlapping views."""

# Pyright: torch has its foreach functions under private names only. Said here, as the programs below are printed.
# pyright: reportPrivateImportUsage=false

from collections.abc import Callable
from functools import partial

import torch

from benchmarks.autograd.evidence import Tensors, gradient_of, leaf_tensor, right_values
from benchmarks.autograd.hazards.hazard import Hazard
from benchmarks.autograd.record.findings import SILENT


def aliased_gradients(device: str) -> Tensors:
    x, w = leaf_tensor([1.0, 2.0], device), leaf_tensor([3.0, 4.0], device)
    gradients = torch.autograd.grad(x + w, [x, w], torch.ones_like(x))  # all three are one tensor
    torch._foreach_mul_(list(gradients), 0.5)
    return gradients


def _one_by_one(device: str) -> Tensors:
    x, w = leaf_tensor([1.0, 2.0], device), leaf_tensor([3.0, 4.0], device)
    gradients = torch.autograd.grad(x + w, [x, w], torch.ones_like(x))
    for gradient in gradients:
        gradient.mul_(0.5)
    return gradients


def scaled_out_of_place(device: str) -> Tensors:
    x, w = leaf_tensor([1.0, 2.0], device), leaf_tensor([3.0, 4.0], device)
    gradients = torch.autograd.grad(x + w, [x, w], torch.ones_like(x))
    return torch._foreach_mul(list(gradients), 0.5)


def _accumulated(device: str) -> Tensors:
    """The gradients that optimizers get: .grad of leaves, which AccumulateGrad keeps separate."""
    x, w = leaf_tensor([1.0, 2.0], device), leaf_tensor([3.0, 4.0], device)
    (x + w).backward(torch.ones_like(x))
    torch._foreach_mul_([gradient_of(x), gradient_of(w)], 0.5)
    return x.grad, w.grad


def _halves(device: str) -> Tensors:
    return right_values(0.5, 0.5), right_values(0.5, 0.5)


def _windows(y: torch.Tensor) -> torch.Tensor:
    return y.unfold(0, 2, 1)


def overlapping_views(device: str, windows: Callable = _windows) -> Tensors:
    x = leaf_tensor([1.0, 2.0, 3.0], device)
    y = x * 1
    windows(y).mul_(2)  # y.unfold(0, 2, 1): the middle element lies in both windows, and is doubled twice
    y.sum().backward()
    return x.grad


def doubled_by_count(device: str) -> Tensors:
    x = leaf_tensor([1.0, 2.0, 3.0], device)
    windows_that_hold = torch.tensor([1.0, 2.0, 1.0], dtype=torch.float64, device=device)
    y = x * 2**windows_that_hold
    y.sum().backward()
    return x.grad


def _of_the_values_written(device: str) -> Tensors:
    """Central differences of what the program's own forward pass computes."""

    def value(x: torch.Tensor) -> torch.Tensor:
        y = x.clone()
        _windows(y).mul_(2)
        return y.sum()

    x, step = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, device=device), 1e-3
    shifts = step * torch.eye(3, dtype=torch.float64, device=device)
    return torch.stack([(value(x + shift) - value(x - shift)) / (2 * step) for shift in shifts])


HAZARDS = (
    Hazard(
        "aliased-gradients",
        "torch.autograd.grad returns one tensor for both operands of an add: scaling the list scales it twice",
        SILENT,
        aliased_gradients,
        truth=_halves,
        last_known=SILENT,
        instead="torch._foreach_mul(gradients, 0.5), out-of-place; or clone the gradients first",
        rewrite=scaled_out_of_place,
        beside=(("for g in gradients: g.mul_(0.5)", _one_by_one), (".grad of both after backward()", _accumulated)),
    ),
    Hazard(
        "overlapping-views",
        "unfold and as_strided make views that overlap: a write reaches an element twice, the gradient once",
        SILENT,
        overlapping_views,
        truth=_of_the_values_written,
        last_known=SILENT,
        instead="write no overlapping view: clone the windows, or say how often each element is written",
        rewrite=doubled_by_count,
        beside=(
            ("as_strided((2, 2), (1, 1))", partial(overlapping_views, windows=lambda y: y.as_strided((2, 2), (1, 1)))),
        ),
    ),
)
