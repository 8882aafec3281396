"""Memory that leaves torch: `numpy()`, dlpack, `data_ptr()`. Code that has it reads and writes it unseen by torch."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from benchmarks.tracking.lives import Notes

#: Methods of a tensor that give its memory to other code.
_METHODS = ("numpy", "__array__", "__dlpack__", "data_ptr", "untyped_storage", "storage")


@contextmanager
def exports_noted(recorder: Notes) -> Iterator[None]:
    """Note each call of these methods inside this block as a possible write, with its place in the source."""
    originals = {name: getattr(torch.Tensor, name) for name in _METHODS}
    own = {name for name in _METHODS if name in vars(torch.Tensor)}
    for name, original in originals.items():
        setattr(torch.Tensor, name, _noting(recorder, name, original))
    try:
        yield
    finally:
        for name, original in originals.items():
            if name in own:
                setattr(torch.Tensor, name, original)
            else:
                delattr(torch.Tensor, name)


def _noting(recorder: Notes, name: str, original: Callable) -> Callable:
    @functools.wraps(original)
    def export(self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        if not recorder.resting:
            recorder.note_export(name, self)
        return result

    return export
