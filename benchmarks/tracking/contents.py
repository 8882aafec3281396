"""A checksum of a tensor's elements, which shows later whether any bit of them has changed."""

import ctypes
import zlib

import torch


def checksum(t: torch.Tensor) -> int | None:
    """Return the CRC-32 of a tensor's elements, in their order; None if they cannot be read.

    The elements of a meta, sparse or quantized tensor, and of a subclass of Tensor, cannot be read. Elements that share
    memory (of an expanded tensor) count once. The elements of a GPU tensor are copied to the host.

    """
    if t.layout != torch.strided or t.is_meta or t.is_quantized or type(t) not in (torch.Tensor, torch.nn.Parameter):
        return None
    with torch.no_grad():
        sizes = [1 if stride == 0 else size for size, stride in zip(t.shape, t.stride(), strict=True)]
        plain = t.detach().as_strided(sizes, t.stride()).cpu().contiguous()
        if not plain.nbytes:
            return 0
        return zlib.crc32((ctypes.c_char * plain.nbytes).from_address(plain.data_ptr()))
