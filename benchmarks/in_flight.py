"""Which variant of a case runs now: a byte that a supervisor can share, so that it outlives the process."""

import mmap

from benchmarks.record.names import PROSE, VARIANTS

#: What the byte holds: a variant's place, or that none runs.
_MEANING = (None, *VARIANTS)
_byte: bytearray | mmap.mmap = bytearray(1)


def share(descriptor: int) -> None:
    """Keep the byte in an open file from now on."""
    global _byte
    _byte = mmap.mmap(descriptor, 1)


def runs(variant: str | None) -> None:
    """Note what is called next; None: neither variant. Cheap enough to be noted before each round."""
    _byte[0] = _MEANING.index(variant)


def running() -> str | None:
    """What this process noted last."""
    return _MEANING[_byte[0]]


def variant_in(shared: bytes) -> str | None:
    """What a process noted last, from the file that it shared."""
    place = shared[0] if shared else 0
    return _MEANING[place] if place < len(_MEANING) else None


def with_variant(reason: str, variant: str | None) -> str:
    """A reason, and which variant ran then."""
    return f"{reason} ({PROSE[variant]} was running)" if variant else reason
