"""What a claim or a hazard was found to be: the rows that are printed and stored. Standard library only."""

import re
from dataclasses import dataclass, fields
from typing import Any

from benchmarks.autograd.record.fields import fields_of

#: Of a claim: whether its belief held in all, none or some of what was observed; or why nothing was.
TRUE, FALSE, PARTLY, NOT_AVAILABLE = VERDICTS = ("true", "false", "partly", "not available")

#: Of a hazard: no error and a wrong gradient; an error; no error and the right gradient; or why none was had.
SILENT, RAISES, FIXED, CRASHED, HUNG = "silent", "raises", "fixed", "crashed", "hung"
STATUSES = (SILENT, RAISES, FIXED, NOT_AVAILABLE, CRASHED, HUNG)

#: What a hazard is kept for: to show a wrong gradient, to explain an error, to notice the return of an old bug.
GUARD = "guard"
KINDS = (SILENT, RAISES, GUARD)

_LONGEST = 20_000  #: characters of one text; a program is some 2,000


@dataclass(frozen=True)
class Observation:
    """One thing seen: a statement or quantity, what torch made of it, and whether the belief holds there."""

    what: str
    seen: str
    holds: bool | None = None  #: None: context only


@dataclass(frozen=True)
class ClaimRow:
    """A belief and what became of it."""

    name: str
    belief: str
    said: str  #: who says so, or in which words
    verdict: str
    reason: str  #: why there is no verdict, or ""
    observations: tuple[Observation, ...]
    place: str  #: file:line of the program
    program: str  #: its source

    @property
    def word(self) -> str:
        """What it came to."""
        return self.verdict


@dataclass(frozen=True)
class Outcome:
    """One form of a hazard's program, run: the gradients obtained, or what it raised."""

    what: str
    status: str
    obtained: str  #: gradients as numbers, or ""
    reason: str  #: the error's text, why it is not available, or ""


@dataclass(frozen=True)
class HazardRow:
    """A hazard as it stands on one torch and device."""

    name: str
    title: str
    kind: str
    reference: str  #: where it was reported, or ""
    status: str
    true: str  #: the right gradients, computed independently
    obtained: str
    reason: str
    warned: tuple[str, ...]  #: warnings the program caused
    last_known: str  #: the status seen before, and
    last_known_torch: str  #: the torch it was seen on
    instead: str  #: what to write instead, or ""
    rewrite: Outcome | None  #: that, run; its status is `fixed` where its gradients are the true ones
    beside: tuple[Outcome, ...]  #: other forms of the same program
    place: str
    program: str
    rewrite_program: str

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


def claim_row(value: Any) -> ClaimRow:
    """The claim of one parsed JSON value; ValueError says what is wrong."""
    given = _texts_of(value, ClaimRow)
    _choice(given, "verdict", VERDICTS)
    given["observations"] = tuple(_observation(each) for each in _list(given, "observations"))
    return ClaimRow(**given)


def hazard_row(value: Any) -> HazardRow:
    """The hazard of one parsed JSON value; ValueError says what is wrong."""
    given = _texts_of(value, HazardRow)
    _choice(given, "status", STATUSES)
    _choice(given, "last_known", STATUSES)
    _choice(given, "kind", KINDS)
    given["warned"] = tuple(_text("warned", each) for each in _list(given, "warned"))
    given["beside"] = tuple(_outcome(each) for each in _list(given, "beside"))
    given["rewrite"] = None if given["rewrite"] is None else _outcome(given["rewrite"])
    return HazardRow(**given)


def _observation(value: Any) -> Observation:
    given = _texts_of(value, Observation)
    if given["holds"] is not None and type(given["holds"]) is not bool:
        raise ValueError(f"field 'holds' holds {given['holds']!r}")
    return Observation(**given)


def _outcome(value: Any) -> Outcome:
    given = _texts_of(value, Outcome)
    _choice(given, "status", STATUSES)
    return Outcome(**given)


def _texts_of(value: Any, kind: type) -> dict:
    """The fields of `kind`, with texts where texts belong."""
    given = fields_of(value, kind)
    return given | {field.name: _text(field.name, given[field.name]) for field in fields(kind) if field.type is str}


def _text(name: str, value: Any) -> str:
    good = isinstance(value, str) and len(value) <= _LONGEST
    if not good or (name == "name" and not re.fullmatch(r"[a-z0-9_-]{1,60}", value)):
        raise ValueError(f"field {name!r} holds {str(value)[:40]!r}")
    return value


def _list(given: dict, name: str) -> list:
    if not isinstance(given[name], list):
        raise ValueError(f"field {name!r} is no list")
    return given[name]


def _choice(given: dict, name: str, choices: tuple[str, ...]) -> None:
    if given[name] not in choices:
        raise ValueError(f"field {name!r} holds {given[name][:40]!r}")
