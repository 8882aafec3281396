"""The runs of a report side by side: their places, and what changed from one to the next."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.across.callers import scenario_callers
from analysis.across.case_changes import ComparedCases, Comparisons, compared_cases
from analysis.across.expectation_changes import Judged, expectation_changes
from analysis.across.finding_changes import finding_changes
from analysis.across.place_change import KINDS, PlaceChange, explained, importance
from analysis.across.place_steps import PlaceStep, place_steps
from analysis.across.places import PlacedSection, placed
from analysis.right.truth import Truth, where
from analysis.section import Section


@dataclass(frozen=True, eq=False)
class SteppedChanges:
    """What changed in one step: the most important first (`place_change.importance`)."""

    step: PlaceStep
    cases: ComparedCases
    changes: tuple[PlaceChange, ...]

    @property
    def counts(self) -> dict[str, int]:
        """The number of changes of each kind that occurs."""
        found = Counter(change.kind for change in self.changes)
        return {kind: found[kind] for kind in KINDS if found[kind]}


@dataclass(frozen=True, eq=False)
class SideBySide:
    """All places, and every step from one to the next. The same in whatever order the runs are named."""

    placed: tuple[PlacedSection, ...]
    steps: tuple[SteppedChanges, ...]


def side_by_side(sections: Sequence[Section], truth: Truth) -> SideBySide | None:
    """The sections side by side; None where there is nothing to compare: a single one, or no case in common."""
    sections = [each for each in sections if each.advice is None] or sections  # own code has no case of the catalogue
    if len(sections) < 2:
        return None
    found = placed(sections)
    callers, made, judged = scenario_callers(sections), Comparisons(), Judged()
    steps = tuple(_stepped(step, truth, callers, made, judged) for step in place_steps(found))
    if not any(each.cases.compared for each in steps):
        return None
    return SideBySide(tuple(found), steps)


def _stepped(
    step: PlaceStep, truth: Truth, callers: Mapping[str, tuple[str, ...]], made: Comparisons, judged: Judged
) -> SteppedChanges:
    before, after = step.before.section, step.after.section
    cases = compared_cases(step, made)
    places = [where(section.run.facts, section.device) for section in (before, after)]
    expected = expectation_changes(before, after, cases.moved_speedups, judged)
    changes = [*expected, *cases.changes, *finding_changes(truth, *places)]
    changes = [
        explained(
            change if change.is_scenario else replace(change, callers=callers.get(change.subject, ())),
            step.before.place.torch,
            step.after.place.torch,
        )
        for change in changes
    ]
    return SteppedChanges(step, cases, tuple(sorted(changes, key=importance)))
