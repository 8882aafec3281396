"""torch.func's transforms refuse hooks on saved tensors: these are off meanwhile, and what is saved there unseen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch.autograd import graph

from benchmarks.tracking.graph_state import is_innermost_hook, pop_hooks, push_hooks


@contextmanager
def hooks_off_where_refused(pack: Callable, unpack: Callable) -> Iterator[None]:
    """Take these hooks off where torch disables all (`torch.func.grad` and its kin), if they are the innermost."""
    original: Any = graph.disable_saved_tensors_hooks

    @contextmanager
    def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
        ours = is_innermost_hook(pack)
        if ours:
            pop_hooks()
        try:
            with original(error_message):
                yield
        finally:
            if ours:
                push_hooks(pack, unpack)

    graph.disable_saved_tensors_hooks = disable_saved_tensors_hooks
    try:
        yield
    finally:
        graph.disable_saved_tensors_hooks = original
