"""Speedup against size: a panel per family and phase; within a size every case with its interval, sorted."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from analysis.numbers.case_row import op_rows
from analysis.numbers.felt import as_felt, host_stops
from analysis.numbers.geomeans import geomean
from analysis.report.scales import Scale, ratio_limits
from analysis.section import Section
from analysis.units import count_text, number_text, ratio_text
from benchmarks.record import PHASES
from benchmarks.record.interval import NO_DIFFERENCE

WIDTH, HEIGHT = 236, 116
LEFT = 34  #: where the axes begin
_RIGHT, _TOP, _BOTTOM = 4, 6, 20
_SLOT = 0.84  #: the share of a size's width that its cases take
_MOST_FAMILIES = 24  #: families shown: those with the most cases
_HELD = 0.995  #: the share of the intervals' ends that the axis covers
#: The columns that a mark shows: rows of all columns would take most of the time of a panel.
_MARKED = ["verdict", "speedup", "speedup_low", "speedup_high"]


@dataclass(frozen=True)
class Marks:
    """The cases of one verdict. A path holds all their intervals or dots, so that thousands take little space."""

    verdict: str
    intervals: tuple[tuple[float, float, float], ...]  #: x, and y of both ends
    dots: tuple[tuple[float, float], ...]

    @property
    def interval_path(self) -> str:
        """Upright lines."""
        return "".join(f"M{x} {low}V{high}" for x, low, high in self.intervals)

    @property
    def dot_path(self) -> str:
        """A dash for each `no difference`, else a point, drawn round or square by the verdict's style."""
        if self.verdict == NO_DIFFERENCE:
            return "".join(f"M{round(x - 2, 1)} {y}h4" for x, y in self.dots)
        return "".join(f"M{x} {y}h0" for x, y in self.dots)


@dataclass(frozen=True)
class SizeColumn:
    """The cases of one size: its name, left and right end, the place of the geomean and, where the host of a GPU
    decides in some of them, of the felt geomean."""

    text: str
    left: float
    right: float
    y: float
    felt_y: float | None
    title: str
    marks: list[Marks]


@dataclass(frozen=True)
class SizePanel:
    """A family in one phase; up to `host_until` the host of a GPU decides in most cases."""

    phase: str
    about: str
    one: float
    ticks: list[tuple[float, str]]
    sizes: list[SizeColumn]
    host_until: float | None


def size_panels(section: Section) -> tuple[list[str], list[tuple[str, list[SizePanel | None]]]]:
    """The phases; and a row per family that was measured at two sizes or more, with a panel per phase or None."""
    shown = section.headline
    counts = shown.groupby("family", sort=False).agg(sizes=("size", "nunique"), n=("size", "size"))
    named = counts.loc[counts["sizes"] > 1, "n"].nlargest(_MOST_FAMILIES).index
    mine = shown[shown["family"].isin(named)]
    phases = [phase for phase in PHASES if (mine["phase"] == phase).any()]
    rows = []
    for family, cases in mine.groupby("family", sort=False):
        scale = Scale(_limits(cases), HEIGHT - _BOTTOM, _TOP)
        panels = [_panel(phase, cases[cases["phase"] == phase], scale) for phase in phases]
        rows.append((str(family), panels))
    return phases, rows


def _limits(cases: pd.DataFrame) -> tuple[float, float]:
    ends = pd.concat([cases[end].fillna(cases["speedup"]) for end in ("speedup_low", "speedup_high")])
    ends = pd.concat([ends, cases["felt_speedup"].dropna()])
    return ratio_limits(ends[ends.between(ends.quantile(1 - _HELD), ends.quantile(_HELD))])


def _panel(phase: str, cases: pd.DataFrame, scale: Scale) -> SizePanel | None:
    if cases.empty:
        return None
    sizes = sorted(int(size) for size in cases["size"].unique())
    wide = (WIDTH - LEFT - _RIGHT) / len(sizes)
    columns = [_size(cases[cases["size"] == size], size, LEFT + wide * i, wide, scale) for i, size in enumerate(sizes)]
    stops = host_stops(cases, "size")
    host_until = LEFT + wide * (sizes.index(stops[0]) + 1) if stops else None
    return SizePanel(phase, number_text(len(cases), "case"), scale.at(1), scale.ticks(5), columns, host_until)


def _size(cases: pd.DataFrame, size: int, left: float, wide: float, scale: Scale) -> SizeColumn:
    mean = geomean(cases["speedup"])
    title = f"{count_text(size)} elements: geomean {ratio_text(mean)} of {number_text(len(cases), 'case')}"
    felt = geomean(as_felt(cases)["speedup"]) if cases["host_decides"].eq(True).any() else None
    title += f", {ratio_text(felt)} as a user feels it" if felt else ""
    taken = min(wide * _SLOT, 9.0 * len(cases) + 6)
    start = left + (wide - taken) / 2
    marks = list(_marks(cases.sort_values("speedup"), start, taken, scale))
    ends = round(start, 1), round(start + taken, 1)
    return SizeColumn(count_text(size), *ends, scale.at(mean or 1.0), scale.at(felt) if felt else None, title, marks)


def _marks(cases: pd.DataFrame, left: float, wide: float, scale: Scale) -> Iterator[Marks]:
    """The marks of one size's `cases`, slowest first."""
    found: dict[str, tuple[list[tuple[float, float, float]], list[tuple[float, float]]]] = {}
    for place, case in enumerate(op_rows(cases[_MARKED])):
        x = round(left + wide * (place + 0.5) / len(cases), 1)
        intervals, dots = found.setdefault(str(case.verdict), ([], []))
        if not math.isnan(case.speedup_low):
            intervals.append((x, scale.at(case.speedup_low), scale.at(case.speedup_high)))
        dots.append((x, scale.at(case.speedup)))
    for verdict, (intervals, dots) in found.items():
        yield Marks(verdict, tuple(intervals), tuple(dots))
