"""Answers that differ between two torches or two devices."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.autograd.record.safety import NO_CASE, QUESTIONS, SafetyRow


@dataclass(frozen=True)
class Difference:
    """One question that some pairs answer differently elsewhere: both statuses, and the pairs by name."""

    question: str
    there: str
    here: str
    names: tuple[str, ...]


def changed_answers(here: Mapping[str, SafetyRow], there: Mapping[str, SafetyRow]) -> list[Difference]:
    """The differences by question and change; questions answered on one side only are left out."""
    changes: dict[tuple[str, str, str], list[str]] = {}
    asked = _answers(here) & _answers(there)
    for name in sorted(here.keys() & there.keys()):
        for question in here[name].cells.keys() & there[name].cells.keys() & asked:
            ours, theirs = here[name].cells[question].status, there[name].cells[question].status
            if ours != theirs:
                changes.setdefault((question, theirs, ours), []).append(name)
    order = list(QUESTIONS)
    ordered = sorted(changes.items(), key=lambda change: (order.index(change[0][0]), change[0]))
    return [Difference(*change, names=tuple(names)) for change, names in ordered]


def _answers(rows: Mapping[str, SafetyRow]) -> set[str]:
    return {question for row in rows.values() for question, cell in row.cells.items() if cell.status != NO_CASE}
