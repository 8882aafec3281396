"""The tensors of an op, and the storage of a tensor."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch


def storage_of(tensor: torch.Tensor) -> torch.UntypedStorage | None:
    """Return the storage of a tensor; None if it has none of its own."""
    try:
        with torch._C.DisableTorchFunction():  # else it counts as a call of the user that gives memory away
            return tensor.untyped_storage()
    except (RuntimeError, NotImplementedError):  # it has none: sparse, batched by vmap, fake
        return None


def tensors_in(value: Any) -> Iterable[torch.Tensor]:
    """Yield the tensors of an argument or a result: the tensor itself, or those in lists and mappings, at any depth."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from tensors_in(each)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from tensors_in(each)
