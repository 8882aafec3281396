"""The scenarios of a section: their cases, and each of their expectations judged by the measurement."""

from collections.abc import Iterator
from functools import lru_cache

import pandas as pd

from analysis.numbers.case_row import CaseRow, case_rows
from analysis.numbers.felt import as_felt
from analysis.run.scenarios import DeclaredScenario
from analysis.scenarios.expectations import ExpectationResult, judge_expectation
from analysis.scenarios.growth import judge_growth
from analysis.section import Section
from benchmarks.record import Expectation


def representative_cases(section: Section) -> pd.DataFrame:
    """The cases that represent their scenario: one per phase and scale, with the most threads."""
    ordered = section.scenarios.sort_values("threads", ascending=False, kind="stable")
    return ordered.drop_duplicates(["pair", "phase", "scale"]).sort_index()


def measured_scenarios(section: Section) -> Iterator[tuple[DeclaredScenario, pd.DataFrame]]:
    """Each scenario that a section measured, and its cases, in declared order."""
    for pair, cases in representative_cases(section).groupby("pair", sort=False):
        yield section.declarations.get(str(pair), DeclaredScenario(str(pair))), cases


def judge_scenario(scenario: DeclaredScenario, cases: pd.DataFrame) -> list[ExpectationResult]:
    """A scenario's expectations judged, as declared. Comparisons of variants use felt times; growth uses the device's,
    since a host that decides at small scales hides the power law."""
    found = []
    usual: dict[str, CaseRow] = {}
    for case in case_rows(as_felt(cases[cases["usual"]])):
        usual.setdefault(case.phase, case)
    for expected in scenario.expects:
        if isinstance(expected, Expectation):
            found.append(judge_expectation(scenario.name, expected, usual.get(expected.phase)))
        else:
            found.append(judge_growth(scenario, expected, cases[cases["phase"] == expected.phase]))
    return found


@lru_cache(maxsize=2)  # several sentences and tables of a report ask about the same section
def judge_all(section: Section) -> tuple[ExpectationResult, ...]:
    """Every expectation of a section's scenarios, judged."""
    return tuple(each for scenario, cases in measured_scenarios(section) for each in judge_scenario(scenario, cases))
