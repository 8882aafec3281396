"""The storage of a tensor, without a wrapper object: one more reference would change what torch does."""

from typing import Any

import torch

_C: Any = torch._C


def storage_address(t: torch.Tensor) -> int | None:
    """Return the address of torch's storage object of a tensor; None for a layout without one (sparse).

    No other storage has this address while this one lives.
    """
    try:
        return _C._storage_address(t)
    except (NotImplementedError, RuntimeError):
        return None


def storage_extent(t: torch.Tensor) -> tuple[int, int]:
    """Return where the memory of a tensor's storage begins, and the bytes from there to the tensor's end.

    The beginning is 0 if there is no memory, as for a meta tensor.
    """

    if t.is_meta or type(t) not in (torch.Tensor, torch.nn.Parameter):
        return 0, t.nbytes
    before = int(t.storage_offset()) * t.element_size()
    return _C.TensorBase.data_ptr(t) - before, before + t.nbytes
