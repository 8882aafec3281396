"""Cases whose variants were not compared: their numbers may be of different work."""

from typing import Protocol

from benchmarks.record import OK


class Judged(Protocol):
    """A case with its state, and whether its variants were compared."""

    @property
    def state(self) -> str: ...
    @property
    def verified(self) -> bool: ...


def not_compared(case: Judged) -> str | None:
    """'not compared'; None where the variants were shown to agree, or where the case failed."""
    return "not compared" if case.state == OK and not case.verified else None
