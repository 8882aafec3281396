"""Loud but confusing: right programs that raise, and errors that name the wrong thing."""

# Pyright: torch has its foreach functions under private names only. Said here, as the programs below are printed.
# pyright: reportPrivateImportUsage=false

import math

import torch
import torch.nn.functional as F

from benchmarks.autograd.evidence import Tensors, leaf_tensor, right_values
from benchmarks.autograd.hazards.hazard import Hazard
from benchmarks.autograd.record.findings import RAISES


def own_element(device: str) -> Tensors:
    x = leaf_tensor([1.0, 2.0], device)
    a = x * 1
    a[0] = a[1].sin()  # sin saves a[1], and one counter serves the whole storage
    a.sum().backward()
    return x.grad


def copied_element(device: str) -> Tensors:
    x = leaf_tensor([1.0, 2.0], device)
    a = x * 1
    a[0] = a[1].clone().sin()
    a.sum().backward()
    return x.grad


def square_by_itself(device: str) -> Tensors:
    x = leaf_tensor([1.0, 2.0], device)
    h = x * 3
    h *= h  # both operands are what is being overwritten
    h.sum().backward()
    return x.grad


def square_in_place(device: str) -> Tensors:
    x = leaf_tensor([1.0, 2.0], device)
    h = x * 3
    h.square_()
    h.sum().backward()
    return x.grad


def residual_after_relu(device: str) -> Tensors:
    x = leaf_tensor([1.0, -2.0], device)
    h = F.relu(x * 2)
    h += x  # relu needs its result
    h.sum().backward()
    return x.grad


def residual_before_relu(device: str) -> Tensors:
    x = leaf_tensor([1.0, -2.0], device)
    h = F.relu(x * 2)
    h = h + x
    h.sum().backward()
    return x.grad


def foreach_by_tensor(device: str) -> Tensors:
    x, y, s = leaf_tensor([1.0, 2.0], device), leaf_tensor([3.0, 4.0], device), leaf_tensor(2.0, device)
    first, second = torch._foreach_mul([x, y], s)
    (first.sum() + second.sum()).backward()
    return x.grad, y.grad, s.grad


def foreach_by_tensor_in_place(device: str) -> Tensors:
    x, y, s = leaf_tensor([1.0, 2.0], device), leaf_tensor([3.0, 4.0], device), leaf_tensor(2.0, device)
    first, second = x * 1, y * 1
    torch._foreach_mul_([first, second], s)
    (first.sum() + second.sum()).backward()
    return x.grad, y.grad, s.grad


def batched_operand(device: str) -> Tensors:
    x = torch.ones(2, dtype=torch.float64, device=device)
    rows = leaf_tensor([[1.0, 2.0], [3.0, 4.0]], device)
    sums = torch.vmap(lambda row: x.clone().add_(row))(rows)  # the clone has no batch to hold two sums
    sums.square().sum().backward()
    return rows.grad


def batched_operand_out_of_place(device: str) -> Tensors:
    x = torch.ones(2, dtype=torch.float64, device=device)
    rows = leaf_tensor([[1.0, 2.0], [3.0, 4.0]], device)
    sums = torch.vmap(lambda row: x + row)(rows)
    sums.square().sum().backward()
    return rows.grad


HAZARDS = (
    Hazard(
        "own-element",
        "a[0] = a[1].sin() raises though a[1] is not written: one version counter serves the whole storage",
        RAISES,
        own_element,
        truth=lambda device: right_values(0.0, 1 + math.cos(2.0)),
        reference="github.com/pytorch/pytorch/issues/114505",
        last_known=RAISES,
        instead="a[0] = a[1].clone().sin()",
        rewrite=copied_element,
    ),
    Hazard(
        "square-by-itself",
        "h *= h raises where h.square_() works: mul needs both old operands, and one of them is gone",
        RAISES,
        square_by_itself,
        truth=lambda device: 18 * right_values(1.0, 2.0),
        last_known=RAISES,
        instead="h.square_(), or h = h * h",
        rewrite=square_in_place,
    ),
    Hazard(
        "residual-after-relu",
        "h = relu(..); h += x raises at backward: relu saved its result (in ResNets before torchvision #807)",
        RAISES,
        residual_after_relu,
        truth=lambda device: right_values(3.0, 1.0),
        reference="github.com/pytorch/vision/issues/807",
        last_known=RAISES,
        instead="h = h + x, or add before relu_",
        rewrite=residual_before_relu,
    ),
    Hazard(
        "vmap-batched-operand",
        "under vmap, x.add_(row) raises where only row is batched: the error speaks of a broadcast that nobody wrote",
        RAISES,
        batched_operand,
        truth=lambda device: torch.stack([right_values(4.0, 6.0), right_values(8.0, 10.0)]),
        last_known=RAISES,
        instead="x + row, out-of-place",
        rewrite=batched_operand_out_of_place,
    ),
    Hazard(
        "foreach-by-tensor",
        "_foreach_mul of two tensors by one that requires grad cannot run backward, where the in-place variant can",
        RAISES,
        foreach_by_tensor,
        truth=lambda device: (right_values(2.0, 2.0), right_values(2.0, 2.0), right_values(10.0).squeeze()),
        reference="github.com/pytorch/pytorch/issues/144580",
        last_known=RAISES,
        instead="the in-place variant on copies, or a loop",
        rewrite=foreach_by_tensor_in_place,
    ),
)
