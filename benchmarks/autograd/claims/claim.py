"""A claim: a belief as people state it, and the program that decides whether it holds here."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.autograd.evidence import NotAvailable, place, program_error_text, source
from benchmarks.autograd.record.files import Stored
from benchmarks.autograd.record.findings import FALSE, NOT_AVAILABLE, PARTLY, TRUE, ClaimRow, Observation


@dataclass(frozen=True)
class Setting:
    """Where a claim runs, and what is known already: for the claim about versions."""

    device: str
    torch: str = ""
    rows: Mapping[str, ClaimRow] = field(default_factory=dict)  #: this command's own, so far
    stored: Sequence[Stored] = ()  #: claims of earlier commands
    stored_hazards: Sequence[Stored] = ()  #: and hazards


Program = Callable[[Setting], Iterable[Observation]]


@dataclass(frozen=True)
class Claim:
    """A belief, put so that it can be true or false; the program yields what it saw."""

    name: str
    belief: str
    said: str
    program: Program


def verdict_of(observations: Sequence[Observation]) -> str:
    """True where the belief holds in all that was observed, false where in none, else partly."""
    held = {observation.holds for observation in observations} - {None}
    if not held:
        return NOT_AVAILABLE
    return PARTLY if len(held) == 2 else TRUE if held == {True} else FALSE


def decide(claim: Claim, setting: Setting) -> ClaimRow:
    """Run a claim's program; what it raises unexpectedly is the reason why there is no verdict."""
    observations: list[Observation] = []
    reason = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what torch advises against is done here on purpose
            observations.extend(claim.program(setting))
    except NotAvailable as error:
        reason = str(error)
    except Exception as error:  # a torch that lacks or breaks something costs this claim, not the others
        reason = f"the program failed: {program_error_text(error)}"
    verdict = NOT_AVAILABLE if reason else verdict_of(observations)
    if verdict == NOT_AVAILABLE and not reason:
        reason = "nothing was observed that speaks for or against it"
    return ClaimRow(
        name=claim.name,
        belief=claim.belief,
        said=claim.said,
        verdict=verdict,
        reason=reason,
        observations=tuple(observations),
        place=place(claim.program),
        program=source(claim.program),
    )
