"""Errors that tell of the machine and not of torch: its memory ran out, its GPU failed, its disk is full."""

import torch

from benchmarks.record.reason import text_of

#: Not every allocator, driver and library has a type of error for it.
_NO_MEMORY = (
    *("not enough memory", "can't allocate memory", "Cannot allocate memory", "bad_alloc", "MemoryError"),
    *("CUDA error: out of memory", "ALLOC_FAILED"),
)


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or says_out_of_memory(text_of(error)) is not None


def says_out_of_memory(text: str) -> str | None:
    """The first line which says that memory ran out, of an error's text or of what a process printed that died."""
    return next((line for line in text.splitlines() if any(word in line for word in _NO_MEMORY)), None)


def is_the_machines(error: BaseException) -> bool:
    """Whether an error says nothing of what torch does with the call that met it: elsewhere, or later, it may work."""
    return ran_out_of_memory(error) or isinstance(error, OSError) or "CUDA error:" in text_of(error)
