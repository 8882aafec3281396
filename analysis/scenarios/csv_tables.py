"""Scenarios as tables for scripts: a row per case, per expectation, per fitted exponent."""

import pandas as pd

from analysis.scenarios.growth import growth_rows
from analysis.scenarios.judging import judge_scenario, measured_scenarios, representative_cases
from analysis.section import Section

_NUMBERS = (
    *("relation", "factor", "variant", "exponent", "outofplace", "inplace", "ratio", "ratio_low", "ratio_high"),
    *("measured_exponent", "exponent_error"),
)
_EXPECTATIONS = (
    *("topic", "scenario", "kind", "phase", "quantity", "expected", "outcome", "measured", *_NUMBERS),
    *("source", "about"),
)


def scenario_tables(sections: list[Section]) -> dict[str, pd.DataFrame]:
    """The tables `scenarios`, `expectations` and `growth`, as far as they have rows; SI units."""
    tables = {
        "scenarios": _cases,
        "expectations": expectation_rows,
        "growth": lambda section: growth_rows(representative_cases(section)),
    }
    made = {}
    for name, make in tables.items():
        named = [make(section).assign(run=section.run.name, device=section.device) for section in sections]
        made[name] = pd.concat([table for table in named if len(table)] or named)
    return {name: table for name, table in made.items() if len(table)}


def _cases(section: Section) -> pd.DataFrame:
    return section.scenarios.rename(columns={"pair": "scenario"})


def expectation_rows(section: Section) -> pd.DataFrame:
    """A row per expectation: in words, what was measured, the outcome, and the number in seconds or bytes."""
    rows = [
        {"topic": scenario.topic, **vars(each), **{name: each.numbers.get(name) for name in _NUMBERS}}
        for scenario, cases in measured_scenarios(section)
        for each in judge_scenario(scenario, cases)
    ]
    return pd.DataFrame(rows, columns=list(_EXPECTATIONS))
