"""The suite's coverage in a run: in-place names measured, excused or missing, skipped pairs, notes on pairs.

All of it is read from `run.json`, where any part may be missing or of the wrong type: nothing is trusted.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from analysis.run.facts import part, text
from analysis.run.load import StoredRun
from analysis.units import names_text, number_text

STATUSES = MEASURED, EXCUSED, MISSING = ("measured", "excused", "missing")
_MOST_NAMED = 12  #: missing names on the line; tables/coverage.csv has all

Grouped = list[tuple[str, list[str]]]  #: (a reason or note, its names); most names first


@dataclass(frozen=True)
class RunCoverage:
    """Every in-place name that the run's torch ships, with its status."""

    torch: str  #: torch's version
    names: dict[str, tuple[str, str]]  #: name -> (status, reason or "")
    kinds: Grouped  #: excused names by kind of reason, each name with its details

    def of(self, status: str) -> list[str]:
        """The names with a status."""
        return [name for name, (found, _) in self.names.items() if found == status]

    @property
    def line(self) -> str:
        """'All 331 in-place names of torch 2.13.0 are accounted for: 262 measured, 69 excused.'"""
        counts = {status: len(self.of(status)) for status in STATUSES}
        listed = ", ".join(f"{count:,} {status}" for status, count in counts.items() if count and status != MISSING)
        whose = number_text(len(self.names), "in-place name") + (f" of torch {self.torch}" if self.torch else "")
        accounted = len(self.names) - counts[MISSING]
        if accounted == len(self.names):
            return f"All {whose} are accounted for: {listed}."
        rest = f"Missing: {names_text(self.of(MISSING), _MOST_NAMED)}."
        return f"{accounted:,} of {whose} are accounted for{f': {listed}' if listed else ''}. {rest}"


def run_coverage(facts: dict) -> RunCoverage | None:
    """The coverage in `facts`, or None. A name with several statuses gets the worst of them."""
    stored = part(facts, "coverage")
    names: dict[str, tuple[str, str]] = dict.fromkeys(_names(stored.get("measured")), (MEASURED, ""))
    kinds = []
    for name, kind, about in _reasons(stored):
        names[name] = (EXCUSED, f"{kind}: {about}" if about else kind)
        kinds.append((kind, f"{name} ({about})" if about else name))
    names |= dict.fromkeys(_names(stored.get("missing")), (MISSING, ""))
    return RunCoverage(text(stored.get("torch")) or "", dict(sorted(names.items())), _grouped(kinds)) if names else None


def skipped_pairs(facts: dict) -> Grouped:
    """The pairs that this torch cannot run, by reason."""
    return _grouped((reason or "no reason given", pair) for pair, reason in _texts(facts, "skipped"))


def pair_notes(facts: dict) -> Grouped:
    """Notes on pairs (how they are made fair, what they show), and the pairs of each."""
    pairs = part(facts, "pairs")
    return _grouped((note, pair) for pair in pairs if (note := text(part(pairs, pair).get("note"))))


def coverage_sentence(run: StoredRun) -> str:
    """What the catalogue accounts for, and how much of it the run measured; empty where the run has no coverage."""
    known = run_coverage(run.facts)
    # Coverage does not count scenarios.
    measured = int(run.frame.loc[run.frame["scale"] == 0, "pair"].nunique())
    return f"{known.line} This run measured {number_text(measured, 'pair')}." if known else ""


def coverage_table(facts: dict) -> pd.DataFrame:
    """`tables/coverage.csv`: a row per name; no row where the run has no coverage."""
    known = run_coverage(facts)
    rows = [(name, *coverage) for name, coverage in known.names.items()] if known else []
    return pd.DataFrame(rows, columns=["name", "status", "reason"])


def _names(value: object) -> list[str]:
    return [name for name in map(_name, value) if name] if isinstance(value, list) else []


def _texts(facts: dict, name: str) -> list[tuple[str, str | None]]:
    """(name, text) for each entry of the object `name` in `facts`."""
    return [(key.strip(), text(value)) for key, value in part(facts, name).items() if key.strip()]


def _reasons(stored: dict) -> list[tuple[str, str, str]]:
    """(name, kind, about) of every excused name. A reason that is no object is a kind without details."""
    found = []
    for name, reason in part(stored, "excused").items():
        entry = reason if isinstance(reason, dict) else {"kind": reason}
        if name.strip():
            found.append((name.strip(), text(entry.get("kind")) or "no reason given", text(entry.get("about")) or ""))
    return found


def _name(value: object) -> str | None:
    return text(value) if isinstance(value, str) else None


def _grouped(pairs: Iterable[tuple[str, str]]) -> Grouped:
    groups: dict[str, list[str]] = {}
    for said, name in pairs:
        groups.setdefault(said, []).append(name)
    return sorted(((said, sorted(names)) for said, names in groups.items()), key=lambda group: (-len(group[1]), group))
