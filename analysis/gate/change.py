"""How a case, and each of its quantities, changed from BASE to HEAD."""

import math
from dataclasses import dataclass

from benchmarks.record import Case

#: Worst first; new cases last.
WORSE, VANISHED, UNRESOLVED, BETTER, UNCHANGED, NEW = STATES = (
    "worse",
    "vanished",
    "unresolved",
    "better",
    "unchanged",
    "new",
)


@dataclass(frozen=True)
class Limits:
    """The limits of what counts as a regression, as shares of 1.

    `speedup`, `time`: smaller changes of a case's speedup or times do not matter. Times drift, so their limit is
    wider. `alpha`: the chance of a false alarm in a whole comparison of times, before confirmation.
    """

    speedup: float = 0.05
    time: float = 0.10
    alpha: float = 0.01
    allow_vanished: bool = False


@dataclass(frozen=True)
class Change:
    """One quantity of a case, HEAD against BASE: seconds, bytes, or a ratio.

    Quantities measured in passes also have `difference` (natural log, above zero: worse) and its 95 % interval, the
    Holm `p` that it is worse, the difference that would alarm, and `suspect`: it is worth measuring again.
    """

    quantity: str
    state: str
    base: float
    head: float
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    alarms_from: float | None = None
    suspect: bool = False
    note: str = ""

    @property
    def counted(self) -> bool:
        """Whether it counts bytes, which are the same in every pass and need no test."""
        return self.difference is None

    @property
    def growth(self) -> float:
        """How much worse it got, as a natural log. 0 bytes count as 1."""
        if self.difference is not None:
            return self.difference
        return math.log(max(self.head, 1) / max(self.base, 1))


@dataclass(frozen=True)
class JudgedCase:
    """A case with its state and changes. `reason`: what no quantity shows. `flaky`: it failed in HEAD, in a way that a
    busy machine may cause."""

    case: Case
    state: str
    changes: tuple[Change, ...] = ()
    reason: str = ""
    flaky: bool = False

    @property
    def suspect(self) -> bool:
        """Whether it is worth measuring again."""
        return self.flaky or any(change.suspect for change in self.changes)
