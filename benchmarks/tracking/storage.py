"""Which storage a tensor lies in, asked without a wrapper: one more reference would change what torch does with it."""

from typing import Any

import torch

_C: Any = torch._C


def storage_address(t: torch.Tensor) -> int | None:
    """Of torch's own object, which no other storage has while this one lives; None of a layout without one (sparse)."""
    try:
        return _C._storage_address(t)
    except (NotImplementedError, RuntimeError):
        return None


def storage_extent(t: torch.Tensor) -> tuple[int, int]:
    """Where its memory begins (0 where it has none, as a meta tensor), and its bytes: at least those of the tensor."""
    if t.is_meta or type(t) not in (torch.Tensor, torch.nn.Parameter):
        return 0, t.nbytes
    before = int(t.storage_offset()) * t.element_size()
    return _C.TensorBase.data_ptr(t) - before, before + t.nbytes
