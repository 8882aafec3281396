"""Does the version of torch matter? Decided from the stored results of other versions."""

from collections.abc import Iterator, Mapping

from benchmarks.autograd.claims.claim import Claim, Setting
from benchmarks.autograd.evidence import NotAvailable
from benchmarks.autograd.record.files import newest
from benchmarks.autograd.record.findings import NOT_AVAILABLE, ClaimRow, Observation, Row

_NAME = "versions"

Rows = Mapping[str, Row]


def versions(setting: Setting) -> Iterator[Observation]:
    compared = 0
    for kind, stored, own in (("claims", setting.stored, setting.rows), ("hazards", setting.stored_hazards, {})):
        known = newest(stored)
        here = {**known.get((setting.torch, setting.device), {}), **own}
        for (torch, device), there in known.items():
            both = sorted(name for name in here.keys() & there.keys() - {_NAME} if _ran(here[name], there[name]))
            if torch == setting.torch or device != setting.device or not both:
                continue
            compared += 1
            differing = [name for name in both if _differs(here[name], there[name])]
            seen = f"{len(both) - len(differing)} of {len(both)} the same"
            named = (f"{name} ({there[name].word} there, {here[name].word} here)" for name in differing)
            seen += f"; not {', '.join(named)}" if differing else ""
            yield Observation(f"{kind} on torch {torch}", seen, bool(differing))
    if not compared:
        raise NotAvailable("nothing of another torch is stored here: run make claims with another TORCH first")


def _ran(one: Row, other: Row) -> bool:
    return NOT_AVAILABLE not in (one.word, other.word)


def _differs(one: Row, other: Row) -> bool:
    """Whether verdict or status differ, or the answers of two claims to the same observation."""
    if one.word != other.word or not (isinstance(one, ClaimRow) and isinstance(other, ClaimRow)):
        return one.word != other.word
    first, second = ({seen.what: seen.holds for seen in row.observations} for row in (one, other))
    return any(first[what] != second[what] for what in first.keys() & second.keys())


CLAIMS = (
    Claim(
        _NAME,
        "what in-place ops do under autograd depends on the version of torch",
        "results depend on the torch version",
        versions,
    ),
)
