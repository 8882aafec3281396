"""Does the version of torch matter? Decided by what is stored of other versions."""

from collections.abc import Iterator

from benchmarks.autograd.claims.claim import Claim, Setting
from benchmarks.autograd.evidence import NotAvailable
from benchmarks.autograd.findings import NOT_AVAILABLE, ClaimRow, Observation
from benchmarks.autograd.stored import newest

_NAME = "versions"


def _held(row: ClaimRow) -> dict[str, bool | None]:
    return {observation.what: observation.holds for observation in row.observations}


def versions(setting: Setting) -> Iterator[Observation]:
    known = newest(setting.stored)
    here = (setting.torch, setting.device)
    own = {**known.pop(here, {}), **setting.rows}
    others = {on: rows for on, rows in known.items() if on[0] != setting.torch}
    compared = 0
    for (torch, device), rows in others.items():
        both = [
            name
            for name in own.keys() & rows.keys() - {_NAME}
            if NOT_AVAILABLE not in (own[name].verdict, rows[name].verdict)
        ]
        if not both:
            continue
        compared += 1
        differing = sorted(name for name in both if _differs(own[name], rows[name]))
        seen = f"{len(both) - len(differing)} of {len(both)} claims the same, each observation counted"
        seen += f"; not {', '.join(differing)}" if differing else ""
        yield Observation(f"torch {torch}, {device}", seen, bool(differing))
    if not compared:
        raise NotAvailable("no claims of another torch are stored here: run make claims with another TORCH first")


def _differs(one: ClaimRow, other: ClaimRow) -> bool:
    """Other verdicts, or another answer where both observed the same thing."""
    mine, theirs = _held(one), _held(other)
    return one.verdict != other.verdict or any(mine[what] != theirs[what] for what in mine.keys() & theirs.keys())


CLAIMS = (
    Claim(
        _NAME,
        "what in-place ops do under autograd depends on the version of torch",
        "results depend on the torch version",
        versions,
    ),
)
