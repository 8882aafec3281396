"""A claim: a belief as people state it, and the program that decides whether it holds here."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.autograd.evidence import NotAvailable, place, program_error_text, source
from benchmarks.autograd.record.files import Stored
from benchmarks.autograd.record.findings import FALSE, NOT_AVAILABLE, PARTLY, TRUE, ClaimRow, Observation


@dataclass(frozen=True)
class Setting:
    """Where a claim runs, and the results so far, for the claim about versions."""

    device: str
    torch: str = ""
    rows: Mapping[str, ClaimRow] = field(default_factory=dict)  #: of this command
    stored: Sequence[Stored] = ()  #: claims of earlier commands
    stored_hazards: Sequence[Stored] = ()  #: hazards of earlier commands


Program = Callable[[Setting], Iterable[Observation]]


@dataclass(frozen=True)
class Claim:
    """A belief that is either true or false; the program yields its observations."""

    name: str
    belief: str
    said: str
    program: Program


def verdict_of(observations: Sequence[Observation]) -> str:
    """True if the belief holds in all observations, false if in none, otherwise partly."""
    held = {observation.holds for observation in observations} - {None}
    if not held:
        return NOT_AVAILABLE
    return PARTLY if len(held) == 2 else TRUE if held == {True} else FALSE


def decide(claim: Claim, setting: Setting) -> ClaimRow:
    """Run a claim's program; an unexpected error becomes the reason for having no verdict."""
    observations: list[Observation] = []
    reason = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the programs do on purpose what torch advises against
            observations.extend(claim.program(setting))
    except NotAvailable as error:
        reason = str(error)
    except Exception as error:  # if torch lacks or breaks something, only this claim is lost
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
