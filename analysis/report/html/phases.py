"""Phases side by side: a row per op, a column per phase, with the speedup and its interval at one size."""

from dataclasses import dataclass

import pandas as pd

from analysis.numbers.case_row import TypicalRow, typical_rows
from analysis.numbers.geomeans import at_typical_size
from analysis.report.html.anchors import Anchors
from analysis.report.scales import ratio_limits
from analysis.section import Section
from analysis.units import count_text, interval_text, known, ratio_text, unnumbered_text
from benchmarks.record import PHASES

_SHARE = 0.8  #: see `geomeans.at_typical_size`
#: The axis covers this share of all ends of intervals; others are drawn at its end, with an arrow.
_HELD = 0.94


@dataclass(frozen=True)
class PhaseSpeed:
    """A speedup and its interval as text, and as numbers for the script that draws them; words if there is none."""

    text: str
    interval: str
    verdict: str
    about: str
    numbers: str = ""
    rounded: float | None = None  #: the speedup to four digits: between ops that differ less, the name decides


@dataclass(frozen=True)
class PhaseTable:
    """`phases`: (name, its size as text); `rows`: (op, anchor, family, a speed or None per phase)."""

    phases: list[tuple[str, str]]
    rows: list[tuple[str, str, str, list[PhaseSpeed | None]]]
    limits: str  #: ends of the axis


def phase_table(section: Section, anchors: Anchors) -> PhaseTable | None:
    """The speedups of a section's plain cases; None where no case was timed."""
    cases = section.cases[section.cases["timed"]]
    shown = {phase: at_typical_size(cases[cases["phase"] == phase], _SHARE) for phase in PHASES}
    panels = {phase: found for phase, found in shown.items() if len(found[1])}
    if not panels:
        return None
    speeds: dict[tuple[str, str], dict[str, PhaseSpeed]] = {}
    for phase, (_, rows) in panels.items():
        for case in typical_rows(rows):
            speeds.setdefault((case.family, case.pair), {})[phase] = _speed(case)
    ordered = sorted(speeds.items(), key=lambda item: (item[0][0], _sort_key(item[1]), item[0][1]))
    return PhaseTable(
        phases=[(phase, count_text(size)) for phase, (size, _) in panels.items()],
        rows=[
            (pair, anchors.op(family, pair), family, [mine.get(p) for p in panels]) for (family, pair), mine in ordered
        ],
        limits="{:.3g},{:.3g}".format(*_limits(pd.concat([rows for _, rows in panels.values()]))),
    )


def _limits(cases: pd.DataFrame) -> tuple[float, float]:
    ends = pd.concat([cases[name].fillna(cases["speedup"]) for name in ("speedup_low", "speedup_high")]).dropna()
    trim = (1 - _HELD) / 2
    return ratio_limits(ends[ends.between(ends.quantile(trim), ends.quantile(1 - trim))])


def _sort_key(speeds: dict[str, PhaseSpeed]) -> float:
    """Sort key, the largest speedup first: the speedup of the first phase that has one."""
    return next((-speed.rounded for speed in speeds.values() if speed.rounded is not None), 0.0)


def _speed(case: TypicalRow) -> PhaseSpeed:
    """The speedup of a case. Its numbers are low, high, speedup."""
    size = f"at {count_text(case.numel)} elements" if case.off_size else ""
    if case.verdict is None:
        word = unnumbered_text(case)
        return PhaseSpeed(word, "", "failed", case.reason or "")
    low, high = case.speedup_low, case.speedup_high
    interval = interval_text(low, high) if known(low) else ""
    ends = (low, high) if known(low) else (case.speedup,) * 2
    host = "the host decides" if case.host_decides is True else ""
    about = ", ".join(filter(None, (interval, case.verdict, host, size)))
    numbers = ",".join(f"{value:.4g}" for value in (*ends, case.speedup))
    word, rounded = case.verdict.replace(" ", "-"), float(f"{case.speedup:.4g}")
    return PhaseSpeed(ratio_text(case.speedup), interval, word, about, numbers, rounded)
