"""Which variant of a case runs now: one byte, in a file shared with the supervisor, so that it outlives the process."""

import mmap

from benchmarks.record.names import PROSE, VARIANTS

#: The byte's values: a variant's index, or that none runs.
_MEANING = (None, *VARIANTS)
_byte: bytearray | mmap.mmap = bytearray(1)


def share(descriptor: int) -> None:
    """Keep the byte in an open file from now on."""
    global _byte
    _byte = mmap.mmap(descriptor, 1)


def note_variant(variant: str | None) -> None:
    """Note the variant that is called next; None: neither. Cheap enough to call before each round."""
    _byte[0] = _MEANING.index(variant)


def noted_variant() -> str | None:
    """What this process noted last."""
    return _MEANING[_byte[0]]


def variant_in(shared: bytes) -> str | None:
    """The variant that a process noted last, read from the shared file."""
    place = shared[0] if shared else 0
    return _MEANING[place] if place < len(_MEANING) else None


def with_variant(reason: str, variant: str | None) -> str:
    """A reason, with the variant that ran."""
    return f"{reason} ({PROSE[variant]} was running)" if variant else reason
