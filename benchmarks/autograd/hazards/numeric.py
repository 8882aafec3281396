"""In-place variants whose gradient differs from their out-of-place twins'."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from benchmarks.autograd.evidence import Tensors, leaf_tensor, right_values
from benchmarks.autograd.hazards.hazard import Hazard, Program
from benchmarks.autograd.record.findings import SILENT


def logical_in_place(device: str) -> Tensors:
    x = leaf_tensor([1.0, 2.0], device)
    y = x * 3
    y.logical_not_()  # piecewise constant, yet history runs on as through an identity
    y.sum().backward()
    return x.grad


def _logical(name: str) -> Program:
    def program(device: str) -> Tensors:
        x = leaf_tensor([1.0, 2.0], device)
        y = x * 3
        getattr(y, name)(torch.ones_like(y))
        y.sum().backward()
        return x.grad

    return program


def _logical_on_a_leaf(device: str) -> Tensors:
    x = leaf_tensor([1.0, 2.0], device)
    x.logical_not_()
    x.sum().backward()
    return x.grad


def logical_out_of_place(device: str) -> Tensors:
    x = leaf_tensor([1.0, 2.0], device)
    y = (x * 3).logical_not()
    loss = (y + 0 * x).sum()  # y itself has no gradient, and requires none
    loss.backward()
    return x.grad


_DEEP = (-17.0, -20.0)
#: selu is this times exp(x) - 1 where x is below zero: its scale times its alpha.
_OF_SELU = 1.0507009873554805 * 1.6732632423543772


def _negative_side(op: Callable[[torch.Tensor], torch.Tensor]) -> Program:
    def program(device: str) -> Tensors:
        x = leaf_tensor(_DEEP, device, torch.float32)
        op(x * 1).sum().backward()
        return x.grad

    return program


def elu_from_result(device: str) -> Tensors:
    x = leaf_tensor([-17.0, -20.0], device, torch.float32)
    y = F.elu_(x * 1)  # exp(x) - 1 rounds to -1, and the gradient comes from that
    y.sum().backward()
    return x.grad


def elu_from_input(device: str) -> Tensors:
    x = leaf_tensor([-17.0, -20.0], device, torch.float32)
    y = F.elu(x * 1)
    y.sum().backward()
    return x.grad


def half_overflows(device: str) -> Tensors:
    x = leaf_tensor([300.0], device, torch.float16)
    h = x * 1
    h.mul_(torch.tensor([300.0], device=device))  # 90000 is beyond float16
    (h.float() / 90000).log().sum().backward()
    return x.grad


def half_promotes(device: str) -> Tensors:
    x = leaf_tensor([300.0], device, torch.float16)
    h = x * 1
    h = h * torch.tensor([300.0], device=device)
    (h.float() / 90000).log().sum().backward()
    return x.grad


HAZARDS = (
    Hazard(
        "logical-in-place",
        "logical_not_, _and_, _or_, _xor_ on a float tensor hand the gradient on, where there is none",
        SILENT,
        logical_in_place,
        truth=lambda device: right_values(0.0, 0.0),
        last_known=SILENT,
        instead="y = y.logical_not(), out-of-place: bool, without a gradient",
        rewrite=logical_out_of_place,
        beside=(
            ("logical_and_", _logical("logical_and_")),
            ("logical_or_", _logical("logical_or_")),
            ("logical_xor_", _logical("logical_xor_")),
            ("on a leaf, which other ops refuse", _logical_on_a_leaf),
        ),
    ),
    Hazard(
        "elu-from-result",
        "elu_, celu_ and selu_ compute the gradient from the rounded result: in float32 wrong from about -8 down",
        SILENT,
        elu_from_result,
        truth=lambda device: right_values(*_DEEP).exp(),
        last_known=SILENT,
        instead="F.elu, out-of-place: its gradient comes from the input",
        rewrite=elu_from_input,
        beside=(
            ("celu_", _negative_side(F.celu_)),
            ("selu_", _negative_side(lambda x: F.selu_(x) / _OF_SELU)),
            ("celu", _negative_side(F.celu)),
            ("selu", _negative_side(lambda x: F.selu(x) / _OF_SELU)),
        ),
    ),
    Hazard(
        "half-overflows",
        "half.mul_(float) stays in float16 and overflows where half * float promotes to float32",
        SILENT,
        half_overflows,
        truth=lambda device: right_values(1 / 300),
        last_known=SILENT,
        instead="h = h * f, out-of-place, or h.float() first",
        rewrite=half_promotes,
    ),
)
