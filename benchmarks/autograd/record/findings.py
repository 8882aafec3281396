"""What a claim or a hazard was found to be: the rows that are printed and stored."""

from dataclasses import dataclass
from typing import Annotated

from benchmarks.record.field_types import Choice, Text

#: Of a claim: whether its belief held in all, none or some of what was observed; or why nothing was.
TRUE, FALSE, PARTLY, NOT_AVAILABLE = VERDICTS = ("true", "false", "partly", "not available")

#: Of a hazard: no error and a wrong gradient; an error; no error and the right gradient; or why none was had.
SILENT, RAISES, FIXED, CRASHED, HUNG = "silent", "raises", "fixed", "crashed", "hung"
STATUSES = (SILENT, RAISES, FIXED, NOT_AVAILABLE, CRASHED, HUNG)

#: What a hazard is kept for: to show a wrong gradient, to explain an error, to notice the return of an old bug.
GUARD = "guard"
KINDS = (SILENT, RAISES, GUARD)

#: A program is some 2,000 characters.
LongText = Annotated[str, Text(20_000)]
Name = Annotated[str, Text(60, r"[a-z0-9_-]+")]
Verdict = Annotated[str, Choice(VERDICTS)]
Status = Annotated[str, Choice(STATUSES)]
HazardKind = Annotated[str, Choice(KINDS)]


@dataclass(frozen=True)
class Observation:
    """One thing seen: a statement or quantity, what torch made of it, and whether the belief holds there."""

    what: LongText
    seen: LongText
    holds: bool | None = None  #: None: context only


@dataclass(frozen=True)
class ClaimRow:
    """A belief and what became of it."""

    name: Name
    belief: LongText
    said: LongText  #: who says so, or in which words
    verdict: Verdict
    reason: LongText  #: why there is no verdict, or ""
    observations: tuple[Observation, ...]
    place: LongText  #: file:line of the program
    program: LongText  #: its source

    @property
    def word(self) -> str:
        """What it came to."""
        return self.verdict


@dataclass(frozen=True)
class Outcome:
    """One version of a hazard's program, run: the gradients obtained, or what it raised."""

    what: LongText
    status: Status
    obtained: LongText  #: gradients as numbers, or ""
    reason: LongText  #: the error's text, why it is not available, or ""


@dataclass(frozen=True)
class HazardRow:
    """A hazard as it stands on one torch and device."""

    name: Name
    title: LongText
    kind: HazardKind
    reference: LongText  #: where it was reported, or ""
    status: Status
    true: LongText  #: the right gradients, computed independently
    obtained: LongText
    reason: LongText
    warned: tuple[LongText, ...]  #: warnings the program caused
    last_known: Status  #: the status seen before, and
    last_known_torch: LongText  #: the torch it was seen on
    instead: LongText  #: what to write instead, or ""
    rewrite: Outcome | None  #: that, run; its status is `fixed` where its gradients are the true ones
    beside: tuple[Outcome, ...]  #: other versions of the same program
    place: LongText
    program: LongText
    rewrite_program: LongText

    @property
    def word(self) -> str:
        """How it stands."""
        return self.status

    @property
    def changed(self) -> bool:
        """Whether it ran, and came out other than last known."""
        return self.status in (SILENT, RAISES, FIXED, CRASHED, HUNG) and self.status != self.last_known


Row = ClaimRow | HazardRow


def without_hint(text: str) -> str:
    """An error without torch's advice after the fact."""
    return text.partition(" Hint: ")[0]
