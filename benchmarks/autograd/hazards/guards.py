"""Guards: bugs of older versions that are fixed, or refused with an error, and should stay so."""

import math

import torch
import torch.nn.functional as F

from benchmarks.autograd.evidence import Tensors, leaf_tensor, right_values
from benchmarks.autograd.hazards.hazard import Hazard
from benchmarks.autograd.record.findings import FIXED, GUARD, RAISES

_ISSUES = "github.com/pytorch/pytorch/issues"


def leaf_written(device: str) -> Tensors:
    x = leaf_tensor([1.0], device)
    x.mul_(2).backward()
    return x.grad


def _leaf_view_written(device: str) -> Tensors:
    x = leaf_tensor([1.0], device)
    x[:].mul_(2)
    x.sum().backward()
    return x.grad


def view_of_unbind(device: str) -> Tensors:
    x = leaf_tensor([[0.0, 1.0], [2.0, 3.0]], device)
    row = x.clone().unbind()[0].narrow(0, 0, 2)
    row.mul_(2)
    row.sum().backward()
    return x.grad


def _view_as(device: str) -> Tensors:
    x = leaf_tensor([[0.0, 1.0], [2.0, 3.0]], device)
    row = x.clone().unbind()[0]
    row = row.view_as(row)
    row.mul_(2)
    row.sum().backward()
    return x.grad


def retained_gradient(device: str) -> Tensors:
    a = leaf_tensor([1.0], device).clone()
    a.retain_grad()
    a.mul_(2)
    (a * 5).sum().backward()
    return a.grad


def retained_gradient_of_base(device: str) -> Tensors:
    a = leaf_tensor([1.0, 2.0], device).clone()
    a.retain_grad()
    a[:1].mul_(3)
    (a * 5).sum().backward()
    return a.grad


def backward_inputs(device: str) -> Tensors:
    x = leaf_tensor([1.0, 2.0], device)
    y = x.clone()
    y.sum().backward(inputs=[y])
    y.grad = None
    y.mul_(2)
    (y * 3).sum().backward(inputs=[y])
    return y.grad


def masked_assignment(device: str) -> Tensors:
    x = leaf_tensor([1.0, 2.0, 3.0], device)
    y = x * 1
    mask = torch.tensor([True, False, True], device=device)
    y[mask] = torch.minimum(y[mask], torch.full((2,), 1.5, dtype=y.dtype, device=device))
    y.sum().backward()
    return x.grad


def second_derivative(device: str, inplace: bool = True) -> Tensors:
    x = leaf_tensor([[[0.0, 1.0, 2.0, 5.0], [3.0, 1.0, 4.0, 1.0]]], device)
    model = torch.nn.Sequential(torch.nn.InstanceNorm1d(2), torch.nn.ReLU(inplace=inplace))
    weighted = model(x).pow(3) * torch.arange(4.0, device=device)
    (first,) = torch.autograd.grad(weighted.sum(), x, create_graph=True)
    return torch.autograd.grad(first.pow(2).sum(), x)


def negative_slope(device: str) -> Tensors:
    x = leaf_tensor([-1.0, 1.0], device)
    F.leaky_relu_(x * 1, -2.0).sum().backward()  # the sign of the result no longer tells that of the input
    return x.grad


def negative_alpha(device: str) -> Tensors:
    x = leaf_tensor([-1.0, 1.0], device)
    F.elu_(x * 1, -2.0).sum().backward()
    return x.grad


HAZARDS = (
    Hazard(
        "leaf-written",
        "a leaf that requires grad was written without an error",
        GUARD,
        leaf_written,
        truth=lambda device: right_values(2.0),
        reference=f"{_ISSUES}/2940",
        last_known=RAISES,
        beside=(("through a view, x[:].mul_(2)", _leaf_view_written),),
    ),
    Hazard(
        "view-of-unbind",
        "a view of a view from unbind was written without an error, past what unbind forbids",
        GUARD,
        view_of_unbind,
        truth=lambda device: torch.stack([right_values(2.0, 2.0), right_values(0.0, 0.0)]),
        reference=f"{_ISSUES}/36608",
        last_known=RAISES,
        beside=((f"view_as, {_ISSUES}/49824", _view_as),),
    ),
    Hazard(
        "retained-gradient",
        "retain_grad before an in-place op kept the gradient of the old value",
        GUARD,
        retained_gradient,
        truth=lambda device: right_values(5.0),
        reference="github.com/pytorch/pytorch/pull/79996",
        last_known=FIXED,
    ),
    Hazard(
        "retained-gradient-of-base",
        "retain_grad on a base whose view is then written kept the gradient of the old value",
        GUARD,
        retained_gradient_of_base,
        truth=lambda device: right_values(5.0, 5.0),
        reference=f"{_ISSUES}/117366",
        last_known=FIXED,
    ),
    Hazard(
        "backward-inputs",
        "backward(inputs=[y]) gave y no gradient once y had been written in place",
        GUARD,
        backward_inputs,
        truth=lambda device: right_values(3.0, 3.0),
        reference=f"{_ISSUES}/79708",
        last_known=FIXED,
    ),
    Hazard(
        "masked-assignment",
        "y[mask] = minimum(y[mask], ..) raised at backward",
        GUARD,
        masked_assignment,
        truth=lambda device: right_values(1.0, 1.0, 0.0),
        reference=f"{_ISSUES}/24853",
        last_known=FIXED,
    ),
    Hazard(
        "negative-slope",
        "leaky_relu_ with a negative slope computed a wrong gradient from its result",
        GUARD,
        negative_slope,
        truth=lambda device: right_values(-2.0, 1.0),
        reference=f"{_ISSUES}/31938",
        last_known=RAISES,
    ),
    Hazard(
        "negative-alpha",
        "elu_ with a negative alpha computed a wrong gradient from its result",
        GUARD,
        negative_alpha,
        truth=lambda device: right_values(-2 * math.exp(-1), 1.0),
        reference=f"{_ISSUES}/47671",
        last_known=RAISES,
    ),
    Hazard(
        "second-derivative-of-view",
        "the second derivative through instance norm and relu_ raised: buffers freed",
        GUARD,
        second_derivative,
        truth=lambda device: second_derivative(device, inplace=False),
        reference=f"{_ISSUES}/10532",
        last_known=FIXED,
    ),
)
