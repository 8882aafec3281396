"""Changes as rows of text, in lists by kind; changes of one op in several cases are folded to one row."""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.across.place_change import KINDS, PlaceChange
from analysis.across.side_by_side import SideBySide, SteppedChanges
from analysis.units import names_text, number_text

#: The most scenarios that a row names.
_MOST_CALLERS = 3
#: What a list of a kind holds, as a heading.
KIND_TITLES: dict[str, str] = dict(
    zip(
        KINDS,
        (
            "Expectations of scenarios whose outcome reversed",
            "Verdicts that changed",
            "Speedups that moved",
            "Times that moved",
            "Bytes",
            "Cases that work or fail",
            "Memory in training",
            "Safety",
            "Hazards",
            "Claims",
        ),
        strict=True,
    )
)


@dataclass(frozen=True)
class ChangeLine:
    """A row of a list: a change that represents `more` others of the same op. `meaning`: in which scenarios."""

    change: PlaceChange
    more: int

    @property
    def where(self) -> str:
        """Its case or situation, and how many others changed alike."""
        return f"{self.change.where} and {self.more:,} more" if self.more else self.change.where

    @property
    def meaning(self) -> str:
        """'a scenario', 'in 3 scenarios: focal, giou and decoder'; empty where no scenario is known to call it."""
        if self.change.is_scenario:
            return "a scenario"
        callers = self.change.callers
        return f"in {number_text(len(callers), 'scenario')}: {names_text([*callers], _MOST_CALLERS)}" if callers else ""


def change_lists(stepped: SteppedChanges) -> dict[str, list[ChangeLine]]:
    """By kind, the rows of a step, the most important first; kinds without a change are left out."""
    return {kind: lines for kind in KINDS if (lines := _folded(each for each in stepped.changes if each.kind == kind))}


def _folded(changes: Iterable[PlaceChange]) -> list[ChangeLine]:
    """One row per subject and group, at its largest case."""
    groups: dict[tuple[str, str, str], list[PlaceChange]] = {}
    for change in changes:
        groups.setdefault((change.family, change.subject, change.group), []).append(change)
    return [ChangeLine(max(some, key=lambda each: each.rank), len(some) - 1) for some in groups.values()]


#: The steps in which an op or scenario changed, with its rows.
OpChanges = list[tuple[SteppedChanges, list[ChangeLine]]]


def changes_by_op(side: SideBySide) -> dict[tuple[str, str], OpChanges]:
    """By family and name: what changed about each op and scenario."""
    found: dict[tuple[str, str], OpChanges] = {}
    for stepped in side.steps:
        mine: dict[tuple[str, str], list[PlaceChange]] = {}
        for change in stepped.changes:
            if change.family:
                mine.setdefault((change.family, change.subject), []).append(change)
        for owner, changes in mine.items():
            found.setdefault(owner, []).append((stepped, _folded(changes)))
    return found
