"""Guards: bugs of older versions that are fixed, or refused with an error, and should stay so."""

import torch
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint

from benchmarks.autograd.evidence import Tensors, leaf
from benchmarks.autograd.findings import FIXED, GUARD, RAISES
from benchmarks.autograd.hazards.hazard import Hazard

_ISSUES = "github.com/pytorch/pytorch/issues"


def leaf_written(device: str) -> Tensors:
    x = leaf([1.0], device)
    x.mul_(2).backward()
    return x.grad


def _leaf_view_written(device: str) -> Tensors:
    x = leaf([1.0], device)
    x[:].mul_(2)
    x.sum().backward()
    return x.grad


def view_of_unbind(device: str) -> Tensors:
    x = leaf([[0.0, 1.0], [2.0, 3.0]], device)
    row = x.clone().unbind()[0].narrow(0, 0, 2)
    row.mul_(2)
    row.sum().backward()
    return x.grad


def _view_as(device: str) -> Tensors:
    x = leaf([[0.0, 1.0], [2.0, 3.0]], device)
    row = x.clone().unbind()[0]
    row = row.view_as(row)
    row.mul_(2)
    row.sum().backward()
    return x.grad


def _normalized(device: str, inplace: bool) -> tuple[torch.Tensor, torch.nn.Module]:
    x = leaf([[[0.0, 1.0, 2.0, 5.0], [3.0, 1.0, 4.0, 1.0]]], device)
    return x, torch.nn.Sequential(torch.nn.InstanceNorm1d(2), torch.nn.ReLU(inplace=inplace))


def checkpointed_view(device: str) -> Tensors:
    x, model = _normalized(device, inplace=True)
    y = checkpoint(model, x, use_reentrant=True)  # its result is a view written in place
    (y * torch.arange(4.0, device=device)).sum().backward()
    return x.grad


def _not_checkpointed(device: str) -> Tensors:
    x, model = _normalized(device, inplace=False)
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


def retained_gradient(device: str) -> Tensors:
    a = leaf([1.0], device).clone()
    a.retain_grad()
    a.mul_(2)
    (a * 5).sum().backward()
    return a.grad


def retained_gradient_of_base(device: str) -> Tensors:
    a = leaf([1.0, 2.0], device).clone()
    a.retain_grad()
    a[:1].mul_(3)
    (a * 5).sum().backward()
    return a.grad


def masked_assignment(device: str) -> Tensors:
    x = leaf([1.0, 2.0, 3.0], device)
    y = x * 1
    mask = torch.tensor([True, False, True], device=device)
    y[mask] = torch.minimum(y[mask], torch.full((2,), 1.5, dtype=y.dtype, device=device))
    y.sum().backward()
    return x.grad


def _second_derivative(device: str, inplace: bool) -> Tensors:
    x, model = _normalized(device, inplace)
    weighted = model(x).pow(3) * torch.arange(4.0, device=device)
    (first,) = torch.autograd.grad(weighted.sum(), x, create_graph=True)
    return torch.autograd.grad(first.pow(2).sum(), x)


def second_derivative(device: str) -> Tensors:
    return _second_derivative(device, inplace=True)


def negative_slope(device: str) -> Tensors:
    x = leaf([-1.0, 1.0], device)
    F.leaky_relu_(x * 1, -2.0).sum().backward()  # the sign of the result no longer tells that of the input
    return x.grad


def negative_alpha(device: str) -> Tensors:
    x = leaf([-1.0, 1.0], device)
    F.elu_(x * 1, -2.0).sum().backward()
    return x.grad


def _tensor(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


HAZARDS = (
    Hazard(
        "leaf-written",
        "a leaf that requires grad was written without an error",
        GUARD,
        leaf_written,
        truth=lambda device: _tensor(2.0),
        reference=f"{_ISSUES}/2940",
        last_known=RAISES,
        beside=(("through a view, x[:].mul_(2)", _leaf_view_written),),
    ),
    Hazard(
        "view-of-unbind",
        "a view of a view from unbind was written without an error, past what unbind forbids",
        GUARD,
        view_of_unbind,
        truth=lambda device: torch.stack([_tensor(2.0, 2.0), _tensor(0.0, 0.0)]),
        reference=f"{_ISSUES}/36608",
        last_known=RAISES,
        beside=((f"view_as, {_ISSUES}/49824", _view_as),),
    ),
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
        truth=lambda device: torch.tensor(5.0, dtype=torch.float64),
        reference=f"{_ISSUES}/36383",
        last_known=FIXED,
    ),
    Hazard(
        "saved-view-written",
        "a custom function's saved result was written unnoticed where it is a view",
        GUARD,
        saved_view_written,
        truth=lambda device: torch.tensor([[1.0, 2.0]], dtype=torch.float64).exp(),
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
        truth=lambda device: (_tensor(1.0, 1.0), _tensor(1.0)),
        reference=f"{_ISSUES}/5871",
        last_known=FIXED,
    ),
    Hazard(
        "retained-gradient",
        "retain_grad before an in-place op kept the gradient of the old value",
        GUARD,
        retained_gradient,
        truth=lambda device: _tensor(5.0),
        reference="github.com/pytorch/pytorch/pull/79996",
        last_known=FIXED,
    ),
    Hazard(
        "retained-gradient-of-base",
        "retain_grad on a base whose view is then written kept the gradient of the old value",
        GUARD,
        retained_gradient_of_base,
        truth=lambda device: _tensor(5.0, 5.0),
        reference=f"{_ISSUES}/117366",
        last_known=FIXED,
    ),
    Hazard(
        "masked-assignment",
        "y[mask] = minimum(y[mask], ..) raised at backward",
        GUARD,
        masked_assignment,
        truth=lambda device: _tensor(1.0, 1.0, 0.0),
        reference=f"{_ISSUES}/24853",
        last_known=FIXED,
    ),
    Hazard(
        "negative-slope",
        "leaky_relu_ with a negative slope computed a wrong gradient from its result",
        GUARD,
        negative_slope,
        truth=lambda device: _tensor(-2.0, 1.0),
        reference=f"{_ISSUES}/31938",
        last_known=RAISES,
    ),
    Hazard(
        "negative-alpha",
        "elu_ with a negative alpha computed a wrong gradient from its result",
        GUARD,
        negative_alpha,
        truth=lambda device: torch.stack([-2 * torch.tensor(-1.0).double().exp(), torch.tensor(1.0).double()]),
        reference=f"{_ISSUES}/47671",
        last_known=RAISES,
    ),
    Hazard(
        "second-derivative-of-view",
        "the second derivative through instance norm and relu_ raised: buffers freed",
        GUARD,
        second_derivative,
        truth=lambda device: _second_derivative(device, inplace=False),
        reference=f"{_ISSUES}/10532",
        last_known=FIXED,
    ),
)
