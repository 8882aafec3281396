"""Phases side by side: a row an op, a strip a phase with the speedup and its interval at one size."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.geomeans import Section, typical
from analysis.html.anchors import Anchors
from analysis.scales import Scale, ratio_limits
from analysis.tables import count_text, interval_text, known, ratio_text
from benchmarks.record import OK, PHASES

WIDTH = 150  #: of a strip
_SHARE = 0.8  #: see `geomeans.typical`
#: The axis holds this share of all ends; what lies beyond is drawn at its end, with an arrow.
_HELD = 0.94


@dataclass(frozen=True)
class Strip:
    """A speedup and its interval on an axis; `text` alone where there is none."""

    text: str
    verdict: str
    about: str
    at: float | None = None
    low: float | None = None
    high: float | None = None
    sorts_by: str = ""
    off: int = 0  #: below the axis, on it, above it


@dataclass(frozen=True)
class Beside:
    """`phases`: (name, its size as text); `rows`: (op, anchor, family, a strip a phase or None)."""

    phases: list[tuple[str, str]]
    rows: list[tuple[str, str, str, list[Strip | None]]]
    one: float  #: the place of 1x
    ticks: list[tuple[float, str]]


def beside(section: Section, anchors: Anchors) -> Beside | None:
    """The strips of a section's plain cases; None where no case was timed."""
    cases = section.cases[section.cases["timed"]]
    shown = {phase: typical(cases[cases["phase"] == phase], _SHARE) for phase in PHASES}
    panels = {phase: found for phase, found in shown.items() if len(found[1])}
    if not panels:
        return None
    scale = Scale(_limits(pd.concat([rows for _, rows in panels.values()])), 12, WIDTH - 12)
    strips: dict[tuple[str, str], dict[str, Strip]] = {}
    for phase, (_, rows) in panels.items():
        for case in rows.itertuples():
            strips.setdefault((case.family, case.pair), {})[phase] = _strip(case, scale)
    rows = [
        (pair, anchors.op(family, pair), family, [mine.get(phase) for phase in panels])
        for (family, pair), mine in sorted(strips.items(), key=lambda item: (item[0][0], _first(item[1]), item[0][1]))
    ]
    return Beside([(phase, count_text(size)) for phase, (size, _) in panels.items()], rows, scale.at(1), scale.ticks(5))


def _limits(cases: pd.DataFrame) -> tuple[float, float]:
    ends = pd.concat([cases["speedup_low"].fillna(cases["speedup"]), cases["speedup_high"].fillna(cases["speedup"])])
    known_ends = ends.dropna()
    trim = (1 - _HELD) / 2
    return ratio_limits(known_ends[known_ends.between(known_ends.quantile(trim), known_ends.quantile(1 - trim))])


def _first(strips: dict[str, Strip]) -> float:
    """The most telling first: by the first phase that has a number."""
    return next((-float(strip.sorts_by) for strip in strips.values() if strip.sorts_by), 0.0)


def _strip(case: Any, scale: Scale) -> Strip:
    """`case`: a row of the section's frame."""
    size = f" at {count_text(case.numel)} elements" if case.off_size else ""
    if case.verdict is None:
        word = "bistable" if case.bistable else case.state.replace("_", " ") if case.state != OK else "no number"
        return Strip(word, "failed", f"{case.reason or word}{size}")
    low, high = case.speedup_low, case.speedup_high
    interval = f" ({interval_text(low, high)})" if known(low) else ""
    text = ratio_text(case.speedup)
    return Strip(
        text,
        case.verdict.replace(" ", "-"),
        f"{text}{interval}, {case.verdict}{size}",
        scale.at(case.speedup),
        scale.at(low if known(low) else case.speedup),
        scale.at(high if known(high) else case.speedup),
        f"{case.speedup:.4g}",
        (case.speedup > 1) - (case.speedup < 1) if scale.beyond(case.speedup) else 0,
    )
