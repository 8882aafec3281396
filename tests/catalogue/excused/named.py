"""Excused names, and the callables that they name."""

from collections.abc import Callable, Iterable

import torch
from torch.nn import functional

from benchmarks.catalogue.surface import inplace_names

NAMES = inplace_names()


def shipped(names: Iterable[str]) -> list[str]:
    """The names that this torch has: an excuse may be for another version."""
    return [name for name in names if name in NAMES]


def inplace_callable(name: str) -> Callable:
    """The callable that writes its first argument."""
    if name.endswith("(inplace=)"):
        owner, _, attribute = name.removesuffix("(inplace=)").partition(".")
        function = getattr({"F": functional, "nn": torch.nn}[owner], attribute)
        return lambda x, *rest: function(x, *rest, inplace=True)
    return getattr(torch.Tensor, name, None) or getattr(torch.ops.aten, name)
