"""Guards for custom functions and checkpoints: bugs of older versions that should stay fixed, or refused."""

import torch
from torch.utils.checkpoint import checkpoint

from benchmarks.autograd.evidence import Tensors, leaf, right
from benchmarks.autograd.findings import FIXED, GUARD, RAISES
from benchmarks.autograd.hazards.hazard import Hazard

_ISSUES = "github.com/pytorch/pytorch/issues"


_VALUES = [[[0.0, 1.0, 2.0, 5.0], [3.0, 1.0, 4.0, 1.0]]]


def checkpointed_view(device: str) -> Tensors:
    x = leaf(_VALUES, device)
    model = torch.nn.Sequential(torch.nn.InstanceNorm1d(2), torch.nn.ReLU(inplace=True))
    y = checkpoint(model, x, use_reentrant=True)  # its result is a view written in place
    (y * torch.arange(4.0, device=device)).sum().backward()
    return x.grad


def _not_checkpointed(device: str) -> Tensors:
    x = leaf(_VALUES, device)
    model = torch.nn.Sequential(torch.nn.InstanceNorm1d(2), torch.nn.ReLU())
    (model(x) * torch.arange(4.0, device=device)).sum().backward()
    return x.grad


def checkpointed_slice(device: str) -> Tensors:
    w = leaf(1.0, device)
    x = leaf([0.0] * 5, device)
    checkpoint(lambda x: (x + w)[:].relu_(), x, use_reentrant=True).sum().backward()
    return w.grad


class _ExpTransposed(torch.autograd.Function):
    """Saves a result that is a view of what it computed."""

    @staticmethod
    def forward(context, x):
        y = x.exp().t()
        context.save_for_backward(y)
        return y

    @staticmethod
    def backward(context, gradient):
        (y,) = context.saved_tensors
        return (gradient * y).t()


def saved_view_written(device: str) -> Tensors:
    x = leaf([[1.0, 2.0]], device)
    y = _ExpTransposed.apply(x)
    y += 1
    y.sum().backward()
    return x.grad


class _TripledFlat(torch.autograd.Function):
    """Leaves torch on the way; its result is a view."""

    @staticmethod
    def forward(context, x):
        context.shape = x.shape
        return torch.tensor(x.tolist(), dtype=x.dtype, device=x.device).mul(3).view(-1)

    @staticmethod
    def backward(context, gradient):
        return gradient.view(context.shape) * 3


def function_view_filled(device: str) -> Tensors:
    x = leaf([[1.0, 2.0]], device)
    y = _TripledFlat.apply(x)
    with torch.no_grad():
        y.fill_(1)
    y.sum().backward()
    return x.grad


class _AddedToSecond(torch.autograd.Function):
    """Adds b to the second element of a, in place."""

    @staticmethod
    def forward(context, a, b):
        a[1:2] += b
        context.mark_dirty(a)
        return a

    @staticmethod
    def backward(context, gradient):
        return gradient, gradient[1:2]


def function_on_non_leaf(device: str) -> Tensors:
    a, b = leaf([1.0, 1.0], device), leaf([1.0], device)
    _AddedToSecond.apply(a + 1, b).sum().backward()
    return a.grad, b.grad


HAZARDS = (
    Hazard(
        "checkpointed-view",
        "checkpoint lost the gradient where the body ends with an in-place op on a view",
        GUARD,
        checkpointed_view,
        truth=_not_checkpointed,
        reference=f"{_ISSUES}/26546",
        last_known=FIXED,
    ),
    Hazard(
        "checkpointed-slice",
        "checkpoint lost the gradient of a captured weight where the body writes a slice",
        GUARD,
        checkpointed_slice,
        truth=lambda device: right(5.0).squeeze(),
        reference=f"{_ISSUES}/36383",
        last_known=FIXED,
    ),
    Hazard(
        "saved-view-written",
        "a custom function's saved result was written unnoticed where it is a view",
        GUARD,
        saved_view_written,
        truth=lambda device: right(1.0, 2.0).exp().view(1, 2),
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
        "function-on-non-leaf",
        "a custom in-place function on a non-leaf lost the other operand's gradient",
        GUARD,
        function_on_non_leaf,
        truth=lambda device: (right(1.0, 1.0), right(1.0)),
        reference=f"{_ISSUES}/5871",
        last_known=FIXED,
    ),
)
