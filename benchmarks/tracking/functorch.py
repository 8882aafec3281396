"""torch.func's transforms refuse hooks on saved tensors: these are off meanwhile, and what is saved there unseen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch._functorch import eager_transforms

from benchmarks.tracking.graph_state import is_innermost_hook, pop_hooks, push_hooks


@contextmanager
def without_hooks_under_functorch(pack: Callable, unpack: Callable) -> Iterator[None]:
    """Take these hooks off within `torch.func.grad`, `vjp` and what is made of them, where they are the innermost."""
    original = eager_transforms.grad_increment_nesting

    @contextmanager
    def grad_increment_nesting() -> Iterator[Any]:
        ours = is_innermost_hook(pack)
        if ours:
            pop_hooks()
        try:
            with original() as level:
                yield level
        finally:
            if ours:
                push_hooks(pack, unpack)

    eager_transforms.grad_increment_nesting = grad_increment_nesting
    try:
        yield
    finally:
        eager_transforms.grad_increment_nesting = original
