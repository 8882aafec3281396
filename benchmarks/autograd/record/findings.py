"""The result of a claim or a hazard: the rows that are printed and stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from benchmarks.record.field_types import Choice, Text
from benchmarks.record.reason import without_hint

#: Of a claim: its belief held in all, none or some of the observations; or could not be decided.
TRUE, FALSE, PARTLY, NOT_AVAILABLE = VERDICTS = ("true", "false", "partly", "not available")

#: Of a hazard: a wrong gradient without an error; an error; the right gradient; or not available here.
SILENT, RAISES, FIXED, CRASHED, HUNG = "silent", "raises", "fixed", "crashed", "hung"
STATUSES = (SILENT, RAISES, FIXED, NOT_AVAILABLE, CRASHED, HUNG)

#: Why a hazard is kept: to show a wrong gradient, to explain an error, to notice the return of an old bug.
GUARD = "guard"
KINDS = (SILENT, RAISES, GUARD)

#: A program has some 2,000 characters.
LongText = Annotated[str, Text(20_000)]
Name = Annotated[str, Text(60, r"[a-z0-9_-]+")]
Verdict = Annotated[str, Choice(VERDICTS)]
Status = Annotated[str, Choice(STATUSES)]
HazardKind = Annotated[str, Choice(KINDS)]


@dataclass(frozen=True)
class Observation:
    """One observation: a statement or quantity, what torch made of it, and whether the belief holds there."""

    what: LongText
    seen: LongText
    holds: bool | None = None  #: None: context only


@dataclass(frozen=True)
class ClaimRow:
    """A belief and its verdict."""

    name: Name
    belief: LongText
    said: LongText  #: who says so, or how it is worded
    verdict: Verdict
    reason: LongText  #: why there is no verdict; may be ""
    observations: tuple[Observation, ...]
    place: LongText  #: file:line of the program
    program: LongText  #: its source

    @property
    def word(self) -> str:
        """The verdict in a word."""
        return self.verdict


@dataclass(frozen=True)
class Outcome:
    """One version of a hazard's program after its run: the gradients obtained, or the error."""

    what: LongText
    status: Status
    obtained: LongText  #: gradients as numbers, or ""
    reason: LongText  #: the error's text, or why it is not available; may be ""


@dataclass(frozen=True)
class HazardRow:
    """A hazard's status on one torch and device."""

    name: Name
    title: LongText
    kind: HazardKind
    reference: LongText  #: where it was reported; may be ""
    status: Status
    true: LongText  #: the right gradients, computed independently
    obtained: LongText
    reason: LongText
    warned: tuple[LongText, ...]  #: warnings the program caused
    last_known: Status  #: the status that was seen before
    last_known_torch: LongText  #: the torch on which it was seen
    instead: LongText  #: what to write instead; may be ""
    rewrite: Outcome | None  #: `instead`, run; its status is `fixed` if its gradients are the true ones
    beside: tuple[Outcome, ...]  #: other versions of the same program
    place: LongText
    program: LongText
    rewrite_program: LongText
    file: LongText = ""  #: of `place`; '' in rows that were stored before it was a field, as is the next
    function: LongText = ""  #: the program's name

    @property
    def word(self) -> str:
        """The status in a word."""
        return self.status

    @property
    def changed(self) -> bool:
        """Whether it ran, and its status is not the last known one."""
        return self.status in (SILENT, RAISES, FIXED, CRASHED, HUNG) and self.status != self.last_known


Row = ClaimRow | HazardRow

#: What an observation is evidence for, by its `holds`.
EVIDENCE_WORDS = {True: "for", False: "against", None: "seen"}


def outcome_text(outcome: Outcome, words: Mapping[str, str]) -> str:
    """'raises: <error>': the status, in `words` where they have one, then the gradients obtained or the error."""
    found = outcome.obtained or without_hint(outcome.reason)
    return words.get(outcome.status, outcome.status) + (f": {found}" if found else "")
