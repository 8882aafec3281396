"""Custom functions, hooks and checkpoints that write tensors which others hold."""

from functools import partial
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint

from benchmarks.autograd.evidence import Tensors, leaf_tensor, right_values
from benchmarks.autograd.hazards.hazard import Hazard
from benchmarks.autograd.record.findings import SILENT


class SwishCopySaved(torch.autograd.Function):
    """x * sigmoid(x) in place, with what backward needs saved as a copy before the write."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(x.clone())
        x.mul_(x.sigmoid())
        context.mark_dirty(x)
        return x

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        (x,) = context.saved_tensors
        s = x.sigmoid()
        return gradient * s * (1 + x * (1 - s))


class SwishInputSaved(SwishCopySaved):
    """As it was published: x itself saved, and then written."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(x)
        x.mul_(x.sigmoid())
        context.mark_dirty(x)
        return x


class HalvedGradient(torch.autograd.Function):
    """The identity, whose backward writes the gradient it is handed; others may hold that tensor as well."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        return gradient.mul_(0.5)


class HalvedCopy(HalvedGradient):
    """The same with a new tensor."""

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        return gradient * 0.5


def swish_gradient(at: float) -> torch.Tensor:
    """The derivative of x * sigmoid(x), float64."""
    s = torch.tensor(at, dtype=torch.float64).sigmoid()
    return s * (1 + at * (1 - s))


def saved_then_written(device: str) -> Tensors:
    x = leaf_tensor(1.0, device)
    SwishInputSaved.apply(x * 1).backward()
    return x.grad


def copy_saved(device: str) -> Tensors:
    x = leaf_tensor(1.0, device)
    SwishCopySaved.apply(x * 1).backward()
    return x.grad


def written_gradient(device: str) -> Tensors:
    x, y = leaf_tensor(1.0, device), leaf_tensor(1.0, device)
    a = x * 1
    b = HalvedGradient.apply(y * 1)
    (a + b).backward()  # add hands one tensor to both; b, made last, writes it first
    return x.grad, y.grad


def _written_gradient_last(device: str) -> Tensors:
    x, y = leaf_tensor(1.0, device), leaf_tensor(1.0, device)
    b = HalvedGradient.apply(y * 1)
    a = x * 1
    (a + b).backward()
    return x.grad, y.grad


def copied_gradient(device: str) -> Tensors:
    x, y = leaf_tensor(1.0, device), leaf_tensor(1.0, device)
    a = x * 1
    b = HalvedCopy.apply(y * 1)
    (a + b).backward()
    return x.grad, y.grad


def hook_writes(device: str) -> Tensors:
    x, y = leaf_tensor(1.0, device), leaf_tensor(1.0, device)
    a, b = x * 1, y * 1
    b.register_hook(lambda gradient: gradient.mul_(0.5))
    (a + b).backward()
    return x.grad, y.grad


def _hook_writes_last(device: str) -> Tensors:
    x, y = leaf_tensor(1.0, device), leaf_tensor(1.0, device)
    b, a = y * 1, x * 1
    b.register_hook(lambda gradient: gradient.mul_(0.5))
    (a + b).backward()
    return x.grad, y.grad


def hook_returns(device: str) -> Tensors:
    x, y = leaf_tensor(1.0, device), leaf_tensor(1.0, device)
    a, b = x * 1, y * 1
    b.register_hook(lambda gradient: gradient * 0.5)
    (a + b).backward()
    return x.grad, y.grad


def _half_of_second(device: str) -> Tensors:
    return right_values(1.0).squeeze(), right_values(0.5).squeeze()


def checkpoint_writes_state(device: str, reentrant: bool = False) -> Tensors:
    x = leaf_tensor([1.0, 2.0], device)
    state = torch.ones(2, dtype=torch.float64, device=device)

    def body(h: torch.Tensor) -> torch.Tensor:
        state.add_(1)  # runs again in backward
        return h * state

    checkpoint(body, x * 1, use_reentrant=reentrant).sum().backward()
    return x.grad


def checkpoint_reads_state(device: str) -> Tensors:
    x = leaf_tensor([1.0, 2.0], device)
    state = torch.ones(2, dtype=torch.float64, device=device)
    state = state + 1
    checkpoint(lambda h: h * state, x * 1, use_reentrant=False).sum().backward()
    return x.grad


HAZARDS = (
    Hazard(
        "saved-then-written",
        "a custom function saves x, writes it and marks it dirty: backward finds the written x (a published swish)",
        SILENT,
        saved_then_written,
        truth=lambda device: swish_gradient(1.0),
        last_known=SILENT,
        instead="save a copy, or what backward needs of the old x, before the write",
        rewrite=copy_saved,
    ),
    Hazard(
        "written-grad-output",
        "the backward of a custom function writes its grad_output, which a sibling branch is handed as well",
        SILENT,
        written_gradient,
        truth=_half_of_second,
        last_known=SILENT,
        instead="return gradient * 0.5, a new tensor",
        rewrite=copied_gradient,
        beside=(("the same, b made before a", _written_gradient_last),),
    ),
    Hazard(
        "hook-writes",
        "a tensor hook writes the gradient it is handed: the sibling branch of an add is handed the same tensor",
        SILENT,
        hook_writes,
        truth=_half_of_second,
        last_known=SILENT,
        instead="return the changed gradient as a new tensor",
        rewrite=hook_returns,
        beside=(("the same, b made before a", _hook_writes_last),),
    ),
    Hazard(
        "checkpoint-writes-state",
        "a checkpointed body writes a tensor it captured: backward runs the body again and writes it once more",
        SILENT,
        checkpoint_writes_state,
        truth=lambda device: right_values(2.0, 2.0),
        last_known=SILENT,
        instead="write the state outside the checkpointed body, and only read it inside",
        rewrite=checkpoint_reads_state,
        beside=(("use_reentrant=True", partial(checkpoint_writes_state, reentrant=True)),),
    ),
)
