"""The tables, each with exactly the columns of `all_columns`."""

from collections.abc import Callable

import pandas as pd

from analysis.across.changes_table import changes_table
from analysis.across.side_by_side import SideBySide
from analysis.numbers.geomeans import geomeans
from analysis.report.exports.advised_columns import advised_tables
from analysis.report.exports.all_columns import TABLES
from analysis.right import findings, safety
from analysis.right.truth import Truth, where
from analysis.run import coverage
from analysis.scenarios.csv_tables import scenario_tables
from analysis.section import Section


def frames(parts: list[Section], truth: Truth, side: SideBySide | None = None) -> dict[str, pd.DataFrame]:
    """The tables by name: cases; geomeans of `Section.headline` by family, phase and size; memory; what the other axes
    change; and scenarios, the advisor's answers, coverage, safety, claims, hazards, and changes between runs (`side`)
    where there are any."""
    by = ["run", "device", "allocator"]
    judged = pd.concat([section.headline for section in parts])
    memory = _section_frames(parts, lambda section: section.bytes)
    made = {
        "cases": pd.concat([section.all_cases for section in parts], ignore_index=True),
        "families": geomeans(judged, [*by, "family", "phase"]),
        "phases": geomeans(judged, [*by, "phase"]),
        "sizes": geomeans(judged, [*by, "phase", "size"]),
        "axes": _section_frames(parts, _axes),
        "memory": memory.rename(columns={"outofplace": "outofplace_multiple", "inplace": "inplace_multiple"}),
        **scenario_tables(parts),
        **{name: table for name, table in _where_there_are_any(parts, truth).items() if len(table)},
        **({"changes": table} if side and len(table := changes_table(side)) else {}),
    }
    return {name: made[name][TABLES[name].names] for name in TABLES if name in made}


def _axes(section: Section) -> pd.DataFrame:
    """`Section.effects` with felt speedups; these are empty where the host never decides."""
    felt = section.felt.effects[["speedup", "plain_speedup"]]
    return section.effects.join(felt.where(pd.Series(section.host_decides, felt.index)).add_prefix("felt_"))


def _where_there_are_any(parts: list[Section], truth: Truth) -> dict[str, pd.DataFrame]:
    return {**advised_tables(parts), **_correctness_frames(parts, truth)}


def _correctness_frames(parts: list[Section], truth: Truth) -> dict[str, pd.DataFrame]:
    """Coverage of the runs, safety for the torches and devices of the report, and every stored claim and hazard."""
    by_run = {section.run.name: coverage.coverage_table(section.run.facts) for section in parts}
    places = dict.fromkeys(where(section.run.facts, section.device) for section in parts)
    matrices = {place: safety.safety_table(truth.safety.at(place)) for place in places}
    return {
        "coverage": pd.concat([table.assign(run=run) for run, table in by_run.items()]),
        "safety": pd.concat([table.assign(torch=torch, device=on) for (torch, on), table in matrices.items()]),
        "claims": findings.claims_table(truth),
        "hazards": findings.hazards_table(truth),
    }


def _section_frames(parts: list[Section], make: Callable[[Section], pd.DataFrame]) -> pd.DataFrame:
    """The sections' tables concatenated, with `run` and `device`."""
    tables = [make(section).assign(run=section.run.name, device=section.device) for section in parts]
    return pd.concat([table for table in tables if len(table)] or tables[:1])
