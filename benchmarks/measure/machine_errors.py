"""Errors that concern the machine, not torch: its memory ran out, its GPU failed, its disk is full."""

import torch

from benchmarks.record.reason import text_of

#: Texts, since not every allocator, driver and library has an error type for it.
_NO_MEMORY = (
    *("not enough memory", "can't allocate memory", "Cannot allocate memory", "bad_alloc", "MemoryError"),
    *("CUDA error: out of memory", "ALLOC_FAILED"),
)


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or says_out_of_memory(text_of(error)) is not None


def says_out_of_memory(text: str) -> str | None:
    """The first line that says that memory ran out, in an error's text or in the output of a dead process."""
    return next((line for line in text.splitlines() if any(word in line for word in _NO_MEMORY)), None)


def is_the_machines(error: BaseException) -> bool:
    """Whether an error says nothing about torch: the same call may work elsewhere, or later."""
    return ran_out_of_memory(error) or isinstance(error, OSError) or "CUDA error:" in text_of(error)
