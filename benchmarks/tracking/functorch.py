"""The transforms of torch.func refuse hooks on saved tensors. So the hooks are off in them, and see nothing there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch.autograd import graph

from benchmarks.tracking.graph_state import is_innermost_hook, pop_hooks, push_hooks


@contextmanager
def hooks_off_where_refused(pack: Callable, unpack: Callable) -> Iterator[None]:
    """Inside this block, take these hooks off while torch disables hooks on saved tensors, as in `torch.func.grad`.

    They are only taken off if they are the innermost hooks. Otherwise torch refuses, as it does without this block.
    """
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
