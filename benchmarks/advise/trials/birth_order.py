"""Remember the order in which modules and optimizers were made, so that each process gives them the same names."""

import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import torch
from torch import nn

T = TypeVar("T")

_numbers: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


@contextmanager
def number_births() -> Iterator[None]:
    """Number the modules and optimizers that are made within this block, in their order."""
    with ExitStack() as stack:
        for kind in (nn.Module, torch.optim.Optimizer):
            stack.enter_context(after_initialized(kind, lambda made: _numbers.setdefault(made, len(_numbers))))
        yield


@contextmanager
def after_initialized(kind: Any, note: Callable[[Any], object]) -> Iterator[None]:
    """Within this block, call `note` with each object of the class `kind` when its `__init__` has returned."""
    initialize = kind.__init__

    def noting(made: Any, *args: Any, **kwargs: Any) -> None:
        initialize(made, *args, **kwargs)
        note(made)

    kind.__init__ = noting
    try:
        yield
    finally:
        kind.__init__ = initialize


def by_birth(made: Iterable[T]) -> list[T]:
    """Sort objects by age, the oldest first; those without a number, such as copies, come last."""
    return sorted(made, key=lambda each: _numbers.get(each, len(_numbers)))
