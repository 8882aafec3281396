"""What people expect of scenarios: expectations that are confirmed at one place and contradicted at the other.

Bytes are exact. Where an expectation of time lies near its limit, noise decides it: it counts only where the
speedup of its scenario changed as well, and a growth of time never.
"""

from collections.abc import Collection, Iterator

from analysis.across.place_change import EXPECTATION, PlaceChange
from analysis.scenarios.expectations import CONFIRMED, CONTRADICTED, ExpectationResult
from analysis.scenarios.judging import judge_all
from analysis.section import Section

_DECIDED = {CONFIRMED, CONTRADICTED}
_TIME, _GROWTH = "time", "growth"

#: By run and device: its judged expectations, by what they expect.
Judged = dict[tuple[str, str], dict[tuple[str, ...], ExpectationResult]]


def expectation_changes(
    before: Section, after: Section, moved: Collection[tuple[str, str]], made: Judged
) -> Iterator[PlaceChange]:
    """The expectations whose outcome reversed; one that is open on one of the two places is left out.

    `moved`: scenario and phase of the speedups that changed. `made` remembers outcomes, as a section is compared with
    its neighbours on every axis.
    """
    was, now = _judged(before, made), _judged(after, made)
    for key in sorted(was.keys() & now.keys()):
        earlier, later = was[key], now[key]
        is_sure = later.quantity != _TIME or (later.kind != _GROWTH and (later.scenario, later.phase) in moved)
        if is_sure and {earlier.outcome, later.outcome} == _DECIDED:
            yield PlaceChange(
                kind=EXPECTATION,
                subject=later.scenario,
                where=later.phase,
                what=later.expected,
                before=earlier.outcome,
                after=later.outcome,
                change=f"{earlier.measured}; then {later.measured}",
                family="scenarios",
                phase=later.phase,
                group=" ".join(key),
                is_scenario=True,
            )


def _judged(section: Section, made: Judged) -> dict[tuple[str, ...], ExpectationResult]:
    place = section.run.name, section.device
    if place not in made:
        results = judge_all(section)
        made[place] = {(e.scenario, e.kind, e.phase, e.quantity, e.expected, e.source): e for e in results}
    return made[place]
