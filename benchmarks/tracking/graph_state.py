"""What torch shows of the graph that it makes or runs: private functions of its C library, which have no type stubs."""

from collections.abc import Callable
from typing import Any

import torch

_C: Any = torch._C


def next_node_number() -> int:
    """The number that the next node of a graph made by this thread will get; they only grow."""
    return _C._autograd._get_sequence_nr()


def creation_of_view(view: torch.Tensor) -> Any:
    """How a view was made, a `torch._C._autograd.CreationMeta`: torch refuses to write some views."""
    return _C._autograd._get_creation_meta(view)


def running_node() -> Any:
    """The node whose backward runs now; None where none does."""
    return _C._current_autograd_node()


def runs_backward() -> bool:
    return _C._current_graph_task_id() != -1


def pop_hooks() -> None:
    """Take the innermost hooks on saved tensors off."""
    _C._autograd._pop_saved_tensors_default_hooks()


def push_hooks(pack: Callable, unpack: Callable) -> None:
    _C._autograd._push_saved_tensors_default_hooks(pack, unpack)


def is_innermost_hook(pack: Callable) -> bool:
    """Whether these hooks on saved tensors are those that torch would call."""
    top = getattr(_C._autograd, "_top_saved_tensors_default_hooks", None)
    if top is None:  # torch 2.6: a user's own hooks there would be refused anyway
        return True
    hooks = top(False)
    return hooks is not None and hooks[0] == pack
