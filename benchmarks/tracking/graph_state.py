"""The state of the autograd graph that torch makes or runs, from private functions of its C library without stubs."""

from collections.abc import Callable
from typing import Any

import torch

_C: Any = torch._C


def next_node_number() -> int:
    """Return the number that the next graph node made by this thread will get. These numbers only grow."""
    return _C._autograd._get_sequence_nr()


def creation_of_view(view: torch.Tensor) -> Any:
    """How a view was made, a `torch._C._autograd.CreationMeta`: torch refuses to write some views."""
    return _C._autograd._get_creation_meta(view)


def running_node() -> Any:
    """Return the node whose backward runs now; None if no backward runs."""
    return _C._current_autograd_node()


def runs_backward() -> bool:
    """Return whether backward runs now in this thread."""
    return _C._current_graph_task_id() != -1


def pop_hooks() -> None:
    """Remove the innermost hooks on saved tensors."""
    _C._autograd._pop_saved_tensors_default_hooks()


def push_hooks(pack: Callable, unpack: Callable) -> None:
    """Make these the innermost hooks on saved tensors."""
    _C._autograd._push_saved_tensors_default_hooks(pack, unpack)


def is_innermost_hook(pack: Callable) -> bool:
    """Return whether torch would call these hooks on saved tensors. In torch 2.6 this is not known, and True."""
    top = getattr(_C._autograd, "_top_saved_tensors_default_hooks", None)
    if top is None:  # torch 2.6: a user's own hooks there would be refused anyway
        return True
    hooks = top(False)
    return hooks is not None and hooks[0] == pack
