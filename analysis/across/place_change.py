"""One thing that changed from one place to the next, and what orders such changes."""

from dataclasses import dataclass, replace

from analysis.across.release_notes import ReleaseNote, release_note
from analysis.units import change_text, exact_bytes_text

#: In the order in which a page lists them.
KINDS = (
    EXPECTATION,
    VERDICT,
    SPEEDUP_MOVED,
    TIME_MOVED,
    BYTES_MOVED,
    STATE,
    MEMORY_CLASS,
    SAFETY_CELL,
    HAZARD,
    CLAIM,
) = (
    "expectation",
    "verdict",
    "speedup",
    "time",
    "bytes",
    "state",
    "memory class",
    "safety",
    "hazard",
    "claim",
)
#: No release note is about these.
_OF_TIME = (VERDICT, SPEEDUP_MOVED, TIME_MOVED)
#: What each kind counts: one of it, several.
KIND_WORDS: dict[str, tuple[str, str]] = {
    EXPECTATION: ("expectation", "expectations"),
    VERDICT: ("verdict", "verdicts"),
    SPEEDUP_MOVED: ("speedup", "speedups"),
    TIME_MOVED: ("time", "times"),
    BYTES_MOVED: ("count of bytes", "counts of bytes"),
    STATE: ("case that works or fails", "cases that work or fail"),
    MEMORY_CLASS: ("memory class", "memory classes"),
    SAFETY_CELL: ("safety cell", "safety cells"),
    HAZARD: ("hazard", "hazards"),
    CLAIM: ("claim", "claims"),
}


@dataclass(frozen=True)
class PlaceChange:
    """What one op, scenario, hazard or claim did before and does after, in numbers where there are any (SI units)."""

    kind: str
    subject: str  #: the name of the pair, hazard or claim
    where: str  #: the case, the question or the condition, in words
    what: str  #: the quantity in words; empty where the kind says it
    before: str
    after: str
    change: str = ""  #: in words, with the interval where there is one
    size: float = 0.0  #: how large, as a natural log; for order only
    family: str = ""  #: of a pair
    phase: str = ""  #: of a case
    group: str = ""  #: changes of one subject in one group are shown as one row, of the largest `rank`
    rank: int = 0
    before_value: float | None = None
    after_value: float | None = None
    is_scenario: bool = False
    callers: tuple[str, ...] = ()  #: the scenarios that call the op in place
    note: ReleaseNote | None = None


def bytes_texts(before: float, after: float) -> tuple[str, str, str]:
    """The texts of a count of bytes that changed, to the byte: before, after, the change."""
    by = change_text(after / before) if before else ""
    return exact_bytes_text(before), exact_bytes_text(after), by


def explained(change: PlaceChange, before: str, after: str) -> PlaceChange:
    """`change` with its release note, if one is known between two versions of torch; a time has none."""
    if change.kind in _OF_TIME:
        return change
    return replace(change, note=release_note(change.subject, before, after))


def importance(change: PlaceChange) -> tuple:
    """A sort key: by kind; scenarios first, then the ops that most scenarios call; then the largest change."""
    return (
        KINDS.index(change.kind),
        not change.is_scenario,
        -len(change.callers),
        -change.size,
        change.subject,
        change.where,
        change.what,
    )
