"""What forbids to write an operand at once, whatever becomes of it: how it lies in memory, and what the result is."""

from typing import Any

import torch


def problem_before(tensor: torch.Tensor) -> str | None:
    """What forbids to write a tensor, whatever comes later."""
    if tensor.layout != torch.strided:
        return "it is not a dense tensor"
    if torch.is_grad_enabled() and tensor.requires_grad and tensor.is_leaf:
        return "it is a leaf that requires grad, which torch refuses to write"
    if torch.is_grad_enabled() and tensor.requires_grad and _is_one_of_several(tensor):
        return "it is one of several views that one call returned, which torch refuses to write"
    if any(stride == 0 and size > 1 for stride, size in zip(tensor.stride(), tensor.shape, strict=True)):
        return "several of its elements are one place in memory (expanded)"
    return None


def problem_after(tensor: torch.Tensor, result: Any) -> str | None:
    """Why a result does not fit where its operand lies."""
    if not isinstance(result, torch.Tensor):
        return "the result is no tensor"
    if result.shape != tensor.shape:
        return f"the result has another shape, {_sizes(result)}, than the operand, {_sizes(tensor)}"
    if result.dtype != tensor.dtype:
        return f"the result has another dtype, {str(result.dtype)[6:]}, than the operand, {str(tensor.dtype)[6:]}"
    if result.device != tensor.device:
        return "the result lies on another device"
    return None


def _is_one_of_several(tensor: torch.Tensor) -> bool:
    of_c: Any = torch._C  # which has no stub of this
    autograd, made = of_c._autograd, of_c._autograd.CreationMeta
    return tensor._is_view() and autograd._get_creation_meta(tensor) == made.MULTI_OUTPUT_NODE


def _sizes(tensor: torch.Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a single number"
