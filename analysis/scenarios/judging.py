"""Scenarios of a section, model-sized pairs: their cases, and each of their expectations beside the measurement."""

from collections.abc import Iterator

import pandas as pd

from analysis.run.scenarios import Scenario, scenarios
from analysis.scenarios.expectations import Judged, judge
from analysis.scenarios.growth import judge_growth
from analysis.section import Section
from benchmarks.record import Expectation


def told(section: Section) -> pd.DataFrame:
    """The cases that speak for their scenario: one a phase and scale, that of most threads."""
    ordered = section.scenarios.sort_values("threads", ascending=False, kind="stable")
    return ordered.drop_duplicates(["pair", "phase", "scale"]).sort_index()


def measured(section: Section) -> Iterator[tuple[Scenario, pd.DataFrame]]:
    """Each scenario that a section measured, and its cases, in declared order."""
    declared = scenarios(section.run.facts)
    for name, mine in told(section).groupby("pair", sort=False):
        yield declared.get(name, Scenario(name)), mine


def judged(scenario: Scenario, cases: pd.DataFrame) -> list[Judged]:
    """A scenario's expectations beside its cases, as declared."""
    found = []
    for expected in scenario.expects:
        rows = cases[cases["phase"] == expected.phase]
        if isinstance(expected, Expectation):
            usual = rows[rows["usual"]]
            found.append(judge(scenario.name, expected, usual.iloc[0] if len(usual) else None))
        else:
            found.append(judge_growth(scenario, expected, rows))
    return found


def all_judged(section: Section) -> list[Judged]:
    """Every expectation of a section's scenarios."""
    return [each for scenario, cases in measured(section) for each in judged(scenario, cases)]
