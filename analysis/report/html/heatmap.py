"""The heat map: a row per op, a column per phase and size; cells are speedups, with colours centred on 1."""

import math
from dataclasses import dataclass

import pandas as pd

from analysis.numbers.case_row import OpRow, op_rows
from analysis.numbers.sizes import distance
from analysis.report.html.anchors import Anchors
from analysis.report.palette import DEEP
from analysis.section import Section
from analysis.units import count_text, digits_text, interval_text, number_text, unnumbered_text
from benchmarks.record import PHASES
from benchmarks.record.interval import FASTER, INCONCLUSIVE, SLOWER

#: The ratios from which on tints get deeper; below the first there is no tint.
STEPS = (1.03, 1.10, 1.30, 2.00)


@dataclass(frozen=True)
class HeatCell:
    """A speedup as text, the class of its tint, and a description."""

    text: str
    tint: str
    about: str


@dataclass(frozen=True)
class Heatmap:
    """`groups`: (title, its sizes as text); `rows`: (op, anchor, family, a cell or None per column)."""

    groups: list[tuple[str, list[str]]]
    rows: list[tuple[str, str, str, list[HeatCell | None]]]
    key: list[tuple[str, str]]  #: (tint, the speedup from which it applies)


def heatmap(section: Section, anchors: Anchors) -> Heatmap | None:
    """The heat map of a section's timed plain cases; None where there is none."""
    cases = section.plain[section.plain["timed"]]
    if cases.empty:
        return None
    groups = _groups(cases)
    columns = [(group, size) for group, (_, sizes) in groups.items() for size in sizes]
    cells: dict[tuple[str, str], dict[tuple, tuple[float, HeatCell]]] = {}
    for case in op_rows(cases):
        mine = cells.setdefault((case.family, case.pair), {})
        key = (case.phase, case.allocator == "fresh", case.threads), case.size
        far = distance(case.numel, case.size)
        if key not in mine or far < mine[key][0]:
            mine[key] = far, _cell(case)
    rows = [
        (pair, anchors.op(family, pair), family, [mine[key][1] if key in mine else None for key in columns])
        for (family, pair), mine in cells.items()
    ]
    return Heatmap([(title, [count_text(size) for size in sizes]) for title, sizes in groups.values()], rows, _key())


def _groups(cases: pd.DataFrame) -> dict[tuple, tuple[str, list[int]]]:
    """By phase, heap and threads: the title and the sizes, upwards."""
    several = cases["threads"].nunique() > 1
    keys = cases.assign(fresh=cases["allocator"] == "fresh")[["phase", "fresh", "threads", "size"]].drop_duplicates()
    groups: dict[tuple, tuple[str, list[int]]] = {}
    ordered = keys.sort_values(["fresh", "threads", "size"], kind="stable")
    for row in sorted(ordered.itertuples(), key=lambda row: (PHASES.index(row.phase), row.fresh, row.threads)):
        title = row.phase + (", fresh pages" if row.fresh else "")
        title += f", {number_text(row.threads, 'thread')}" if several else ""
        groups.setdefault((row.phase, row.fresh, row.threads), (title, []))[1].append(int(row.size))
    return groups


def _cell(case: OpRow) -> HeatCell:
    size = "" if case.numel == case.size else f" at {count_text(case.numel)} elements"
    if case.verdict is None:
        word = unnumbered_text(case)
        return HeatCell("\u00d7", "none", f"{word}{size}")
    hatch = " hatch" if case.verdict == INCONCLUSIVE else ""
    known = not math.isnan(case.speedup_low)
    interval = f"{interval_text(case.speedup_low, case.speedup_high)}, " if known else ""
    host = ", the host decides" if case.host_decides is True else ""
    about = f"{interval}{case.verdict}{host}{size}"
    return HeatCell(digits_text(case.speedup), tint(case.speedup, case.verdict) + hatch, about)


def tint(speedup: float, verdict: str) -> str:
    """The class of a tint: f or s and a step. A verdict of `no difference` has no tint, whatever its median."""
    if verdict not in (FASTER, SLOWER, INCONCLUSIVE):
        return "z"
    step = sum(max(speedup, 1 / speedup) >= edge for edge in STEPS)
    if verdict == INCONCLUSIVE:
        step = min(step, DEEP - 1)  # the deepest tint is for what is sure, and its text has another colour
    return f"{'f' if speedup > 1 else 's'}{step}" if step else "z"


def _key() -> list[tuple[str, str]]:
    slower = [(f"s{step}", f"{1 / edge:.2f}") for step, edge in reversed(list(enumerate(STEPS, start=1)))]
    return [*slower, ("z", "1"), *((f"f{step}", f"{edge:.2f}") for step, edge in enumerate(STEPS, start=1))]
