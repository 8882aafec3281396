"""Guards for custom functions: bugs of older versions that should stay fixed, or refused."""

from typing import Any

import torch

from benchmarks.autograd.evidence import Tensors, leaf_tensor, right_values
from benchmarks.autograd.hazards.hazard import Hazard
from benchmarks.autograd.record.findings import FIXED, GUARD, RAISES

_ISSUES = "github.com/pytorch/pytorch/issues"


class _ExpTransposed(torch.autograd.Function):
    """Saves a result that is a view of what it computed."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
        y = x.exp().t()
        context.save_for_backward(y)
        return y

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        (y,) = context.saved_tensors
        return (gradient * y).t()


def saved_view_written(device: str) -> Tensors:
    x = leaf_tensor([[1.0, 2.0]], device)
    y = _ExpTransposed.apply(x)
    y += 1
    y.sum().backward()
    return x.grad


class _TripledFlat(torch.autograd.Function):
    """Leaves torch on the way; its result is a view."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
        context.shape = x.shape
        return torch.tensor(x.tolist(), dtype=x.dtype, device=x.device).mul(3).view(-1)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        return gradient.view(context.shape) * 3


def function_view_filled(device: str) -> Tensors:
    x = leaf_tensor([[1.0, 2.0]], device)
    y = _TripledFlat.apply(x)
    with torch.no_grad():
        y.fill_(1)
    y.sum().backward()
    return x.grad


class _MarkedNotReturned(torch.autograd.Function):
    """Writes its input, says so, and returns a copy."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
        x.mul_(2)
        context.mark_dirty(x)
        return x.clone()

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        return gradient * 2


def marked_not_returned(device: str) -> Tensors:
    x = leaf_tensor([1.0, 2.0], device)
    y = x * 1
    copied = _MarkedNotReturned.apply(y)
    (y + copied).sum().backward()  # y is doubled as well
    return x.grad


class _TripledHalves(torch.autograd.Function):
    """Returns two views of what it computed."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (x * 3).chunk(2)

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> torch.Tensor:
        return 3 * torch.cat(gradients)


def function_views_written(device: str) -> Tensors:
    x = leaf_tensor([1.0, 2.0], device)
    first, second = _TripledHalves.apply(x)
    first.mul_(2)
    (first + second).sum().backward()
    return x.grad


class _AddedToSecond(torch.autograd.Function):
    """Adds b to the second element of a, in place."""

    @staticmethod
    def forward(context: Any, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        a[1:2] += b
        context.mark_dirty(a)
        return a

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return gradient, gradient[1:2]


def function_on_non_leaf(device: str) -> Tensors:
    a, b = leaf_tensor([1.0, 1.0], device), leaf_tensor([1.0], device)
    _AddedToSecond.apply(a + 1, b).sum().backward()
    return a.grad, b.grad


HAZARDS = (
    Hazard(
        "saved-view-written",
        "a custom function's saved result was written unnoticed where it is a view",
        GUARD,
        saved_view_written,
        truth=lambda device: right_values(1.0, 2.0).exp().view(1, 2),
        reference=f"{_ISSUES}/24413",
        last_known=RAISES,
    ),
    Hazard(
        "function-view-filled",
        "a custom function's backward was skipped where its result is a view written under no_grad",
        GUARD,
        function_view_filled,
        truth=lambda device: torch.zeros(1, 2, dtype=torch.float64),
        reference=f"{_ISSUES}/14707",
        last_known=RAISES,
    ),
    Hazard(
        "marked-not-returned",
        "mark_dirty was ignored where a custom function does not return the input that it wrote",
        GUARD,
        marked_not_returned,
        truth=lambda device: right_values(4.0, 4.0),
        reference=f"{_ISSUES}/31258",
        last_known=RAISES,
    ),
    Hazard(
        "function-views-written",
        "a write to one of several views that a custom function returns went past its backward",
        GUARD,
        function_views_written,
        truth=lambda device: right_values(6.0, 3.0),
        reference=f"{_ISSUES}/31258",
        last_known=RAISES,
    ),
    Hazard(
        "function-on-non-leaf",
        "a custom in-place function on a non-leaf lost the other operand's gradient",
        GUARD,
        function_on_non_leaf,
        truth=lambda device: (right_values(1.0, 1.0), right_values(1.0)),
        reference=f"{_ISSUES}/5871",
        last_known=FIXED,
    ),
)
