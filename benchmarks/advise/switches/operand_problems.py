"""Tell which operands can never be overwritten: because of their memory, of torch's rules, or of the result."""

from typing import Any

import torch

from benchmarks.tracking.graph_state import creation_of_view

_GUARDS: Any = torch._C  # its type stub lacks these
_MADE = _GUARDS._autograd.CreationMeta
#: By the way in which a view was made, why torch refuses to write it while a graph is recorded.
_REFUSED_VIEWS = {
    _MADE.MULTI_OUTPUT_NODE: "it is one of several views that one call returned, which torch refuses to write",
    _MADE.IN_CUSTOM_FUNCTION: "it is a view that a custom function returned, which torch refuses to write",
    _MADE.NO_GRAD_MODE: "it is a view that was made where no graph is recorded, which torch refuses to write",
    _MADE.INFERENCE_MODE: "it is a view that was made in inference mode, which torch refuses to write",
}


def problem_before(tensor: torch.Tensor) -> str | None:
    """Return in words why a tensor cannot be written at all, from what is known before the call; None if it can."""
    if tensor.layout != torch.strided:
        return "it is not a dense tensor"
    if tensor.device.type == "cpu" and torch.cuda.is_initialized() and _is_pinned(tensor):
        return "it lies in pinned memory, which a copy to or from the GPU may still be using"
    if torch.is_grad_enabled() and tensor.requires_grad and tensor.is_leaf:
        return "it is a leaf that requires grad, which torch refuses to write"
    if torch.is_grad_enabled() and tensor.requires_grad and tensor._is_view():
        refused = _REFUSED_VIEWS.get(creation_of_view(tensor))
        if refused is not None:
            return refused
    if any(stride == 0 and size > 1 for stride, size in zip(tensor.stride(), tensor.shape, strict=True)):
        return "several of its elements are one place in memory (expanded)"
    return None


def problem_after(tensor: torch.Tensor, result: Any) -> str | None:
    """Return in words why a result cannot lie in the memory of its operand; None if it can."""
    if not isinstance(result, torch.Tensor):
        return "the result is no tensor"
    if result.shape != tensor.shape:
        return f"the result has another shape, {_sizes(result)}, than the operand, {_sizes(tensor)}"
    if result.dtype != tensor.dtype:
        return f"the result has another dtype, {str(result.dtype)[6:]}, than the operand, {str(tensor.dtype)[6:]}"
    if result.device != tensor.device:
        return "the result lies on another device"
    return None


def _is_pinned(tensor: torch.Tensor) -> bool:
    """Return whether a tensor is in pinned memory; the call is not recorded."""
    with torch._C.DisableTorchFunction(), _GUARDS._DisableTorchDispatch():
        return tensor.is_pinned()


def _sizes(tensor: torch.Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a single number"
