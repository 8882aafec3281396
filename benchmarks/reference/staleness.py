"""Whether what is kept of a part is stale, and why. It knows no files and no clock.

A part is stale where it was measured by another method, is stored as another record, or where what it measured is
declared otherwise now. A new commit alone makes nothing stale.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.record.plain_text import first_names

#: Names in a reason, at most; the rest is counted.
_MOST_NAMES = 3


@dataclass(frozen=True)
class KeptResult:
    """What a kept result says of itself.

    `declared`: by name (a pair, a hazard, a file) what was declared of it, as one text. `took_s`: seconds; None where
    it is not stored.
    """

    made: str  #: UTC, ISO 8601; "" where it is not stored
    took_s: float | None
    versions: Mapping[str, int] = field(default_factory=dict)
    declared: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """What a result that is measured now would say of itself."""

    versions: Mapping[str, int] = field(default_factory=dict)  #: such as `method`
    declared: Mapping[str, str] = field(default_factory=dict)
    may_lack: frozenset[str] = frozenset()  #: names that a kept result need not have
    may_hold: frozenset[str] = frozenset()  #: names that a kept result may have beyond those declared
    adds_rows: bool = False  #: kept rows stay when new ones are added, also rows that nobody declares now


def stale_reasons(kept: KeptResult | None, wanted: Wanted) -> tuple[str, ...]:
    """Why a part is stale, each reason in a few words; empty where it is fresh."""
    if kept is None:
        return ("nothing is kept",)
    allowed = {*wanted.declared, *wanted.may_hold, *(kept.declared if wanted.adds_rows else ())}
    reasons = []
    for name, version in wanted.versions.items():
        if name not in kept.versions:
            reasons.append(f"{name} is not stored")
        elif kept.versions[name] != version:
            reasons.append(f"{name} {kept.versions[name]}, now {version}")
    for said, names in (
        ("changed", [name for name, text in wanted.declared.items() if kept.declared.get(name, text) != text]),
        ("new", [name for name in wanted.declared if name not in {*kept.declared, *wanted.may_lack}]),
        ("gone", [name for name in kept.declared if name not in allowed]),
    ):
        if names:
            reasons.append(f"{len(names)} {said}: {first_names(names, _MOST_NAMES)}")
    return tuple(reasons)
