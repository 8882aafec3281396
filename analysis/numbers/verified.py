"""Cases of which nobody compared what the variants do: their numbers may be those of different work."""

from typing import Protocol

from benchmarks.record import OK


class Judged(Protocol):
    """A case by how it ended."""

    @property
    def state(self) -> str: ...
    @property
    def verified(self) -> bool: ...


def not_compared(case: Judged) -> str | None:
    """The words for it; None where the variants were shown to agree, or where the case failed."""
    return "not compared" if case.state == OK and not case.verified else None
