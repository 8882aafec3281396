"""One function per question. Each takes a section and returns figures, or none where there is nothing to show.

Every axis says which side is better. A missing or failed case is named in its place, never drawn as zero. All figures
but those of `multiples` have a row per op, for its plain case: other dtypes, layouts and operands have their own table.
"""

from collections.abc import Container
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from analysis.numbers.geomeans import at_typical_size
from analysis.numbers.memory import QUESTIONS, ops_by_need, pair_bytes
from analysis.report.figures import axes as parts
from analysis.report.figures.canvas import VERDICT_STYLE, Plate, short
from analysis.report.figures.sheets import Rows, cases_by_family, plates
from analysis.report.palette import GRID, MUTED, PAPER
from analysis.section import Section
from analysis.units import count_text, names_text, ratio_text
from benchmarks.record import OK, PHASES

#: The columns that figures of ops read: they cut their cases into many small tables, and every column costs time.
_COLUMNS = ["family", "label", "plain", "phase", "size", "numel", "dtype", "allocator", "threads", "state", "bistable"]
_COLUMNS += ["verdict", "speedup", "speedup_low", "speedup_high", "log_speedup"]
_COLUMNS += ["host_decides", "felt_speedup", "felt_speedup_low", "felt_speedup_high", "felt_verdict"]
_ENDS = ("speedup", "speedup_low", "speedup_high")
_LONGEST_GROUP = 40  #: characters of names in the margin of the memory figure
_SPARSE = 0.5  #: a panel with a smaller share of its figure's ops says "not measured" once, not in each empty row


def speedup_by_op(section: Section) -> list[Plate]:
    """Speedup and interval of every op at one size per phase, sorted; a figure per family, a panel per phase."""
    found = []
    for family, mine in cases_by_family(section.plain.loc[section.plain["timed"], _COLUMNS]):
        panels = _panels(mine, 0.8)
        if panels:
            every = pd.concat(list(panels.values()))
            limits = parts.speed_limits(every[[*_ENDS, *(f"felt_{name}" for name in _ENDS)]])
            rows = _sorted([shown.set_index("label")["log_speedup"] for shown in panels.values()])
            styles = [{**style, "label": name} for name, style in VERDICT_STYLE.items()]
            found += plates(family, rows, panels, partial(_speed_panel, limits), styles, lines=_felt_legend(panels))
    return found


def _panels(cases: pd.DataFrame, share: float) -> dict[str, pd.DataFrame]:
    """By phase: a row per op at the phase's typical size (`panel_size`), failed and bistable ones included. `ops`: the
    number of ops in all panels; `sparse`: this panel has only a few of them."""
    shown = {phase: at_typical_size(cases[cases["phase"] == phase], share) for phase in PHASES}
    panels = {phase: rows.assign(panel_size=size) for phase, (size, rows) in shown.items() if len(rows)}
    ops = len({label for rows in panels.values() for label in rows["label"]})
    return {phase: rows.assign(ops=ops, sparse=len(rows) < _SPARSE * ops) for phase, rows in panels.items()}


def _sorted(values: list[pd.Series]) -> list[str]:
    """Labels by the first panel that has a value, smallest first (lowest in the figure); those without one lowest."""
    table = pd.concat(values, axis=1)
    return list(table.bfill(axis=1).iloc[:, 0].sort_values(na_position="first", kind="stable").index)


def _speed_panel(limits: tuple[float, float], axis: Axes, phase: str, shown: pd.DataFrame, rows: list[str]) -> None:
    """Draws a dot with its interval per op, in the style of its verdict; words where there is no dot."""
    parts.row_axis(axis, rows)
    parts.speed_axis(axis.xaxis, limits)
    axis.axvline(1.0, color=MUTED, linewidth=0.9, zorder=1)
    axis.set_title(phase, pad=17)
    _panel_note(axis, shown)
    axis.set_xlabel("speedup, in-place faster →")
    sparse = shown["sparse"].iloc[0]
    place = {label: row for row, label in enumerate(rows)}
    shown = shown[shown["label"].isin(rows)].set_index("label")
    drawn = shown[shown["verdict"].notna() & shown["speedup"].between(*limits)]
    for name, style in VERDICT_STYLE.items():
        mine = drawn[drawn["verdict"] == name]
        at = [place[label] for label in mine.index]
        low, high = (mine[end].clip(*limits) for end in ("speedup_low", "speedup_high"))
        axis.hlines(at, low, high, color=style["color"], linewidth=1.2, zorder=2)
        axis.plot(mine["speedup"], at, linestyle="none", markersize=4, markeredgewidth=1.0, zorder=3, **style)
        felt = shown[shown["host_decides"].eq(True) & (shown["felt_verdict"] == name)]
        if len(felt):
            at, speeds = [place[label] for label in felt.index], felt[["speedup", "felt_speedup"]].clip(*limits)
            _felt_marks(axis, at, speeds, {**style, "markerfacecolor": PAPER})
    for label in (label for label in shown.index if label not in drawn.index):
        parts.label_row(axis, place[label], 1.0, _why_no_dot(shown.loc[label]))
    if not sparse:
        _not_measured(axis, rows, shown.index, 1.0)
    for case in drawn[drawn["off_size"]].itertuples():
        parts.label_row_end(axis, place[case.Index], count_text(case.numel), left=case.speedup > 1)


def _felt_legend(panels: dict[str, pd.DataFrame]) -> list[dict]:
    return parts.FELT_LEGEND if any(shown["host_decides"].eq(True).any() for shown in panels.values()) else []


def _felt_marks(axis: Axes, at: list[int], values: pd.DataFrame, style: dict[str, Any]) -> None:
    """Draws a dashed line from the device's value (first column) to the felt one (second), and a mark there."""
    device, felt = (values[name] for name in values.columns)
    axis.hlines(at, device, felt, color=style["color"], linewidth=0.9, linestyles="--", zorder=2)
    axis.plot(felt, at, **{**style, "markersize": 4, "markeredgewidth": 1.0, "linestyle": "none", "zorder": 3})


def _not_measured(axis: Axes, rows: list, known: Container, x: float) -> None:
    for row, label in enumerate(rows):
        if label not in known:
            parts.label_row(axis, row, x, "not measured")


def _panel_note(axis: Axes, shown: pd.DataFrame) -> None:
    """Writes under a panel's title the size and dtypes of its ops, and how many there are if only a few."""
    dtypes = names_text([short(name, 12) for name in shown["dtype"].value_counts().index], 1)
    about = f"{count_text(int(shown['panel_size'].iloc[0]))} elements, {dtypes}"
    if shown["sparse"].iloc[0]:
        about += f"; {len(shown)} of {shown['ops'].iloc[0]} ops"
    _say_above(axis, about)


def _say_above(axis: Axes, text: str) -> None:
    axis.annotate(text, (0, 1), (0, 4), "axes fraction", textcoords="offset points", color=MUTED, fontsize=8)


def _why_no_dot(case: pd.Series) -> str:
    if case.state != OK:
        return case.state.replace("_", " ")
    return "bistable" if case.bistable else ratio_text(case.speedup)


def memory_by_phase(section: Section) -> list[Plate]:
    """Peak and held bytes of both variants in multiples of the input; a row per group of equal ops of a family."""
    found = []
    for family, mine in cases_by_family(section.plain):
        groups = ops_by_need(pair_bytes(mine)).iloc[::-1]
        panels = {question: groups for question, _, _ in QUESTIONS if groups[question].notna().any()}
        if panels:
            names = [_group_name(ops) for ops in groups["labels"]]
            measured = [values for question in panels for values in groups[question] if isinstance(values, tuple)]
            paint = partial(_memory_panel, names, max(2.0, *map(max, measured)))
            rows = [str(row) for row in range(len(names))]
            found += plates(family, rows, panels, paint, parts.VARIANT_LEGEND, Rows(height=0.24, label=2.2))
    return found


def _memory_panel(
    names: list[str], widest: float, axis: Axes, question: str, groups: pd.DataFrame, rows: list[str]
) -> None:
    chosen = [int(row) for row in rows]
    parts.row_axis(axis, [names[row] for row in chosen], longest=44)
    axis.set_title(question, pad=14)
    axis.set_xlabel("← less, in multiples of N")
    axis.set_xlim(0, 1.12 * widest)
    axis.grid(axis="x", color=GRID, linewidth=0.8)
    asked = {place: groups[question].iloc[row] for place, row in enumerate(chosen)}
    known = {place: values for place, values in asked.items() if isinstance(values, tuple)}
    parts.dumbbells(axis, list(known), *([values[i] for values in known.values()] for i in (0, 1)))
    rows_known = int(groups[question].notna().sum())
    if rows_known < _SPARSE * len(names):
        _say_above(axis, f"{rows_known} of {len(names)} rows measured")
    else:
        _not_measured(axis, list(asked), known, 0.0)


def _group_name(ops: list[str]) -> str:
    """As many of the names as fit the margin, and the number of the rest."""
    names = [names_text([short(op, 24) for op in ops], limit) for limit in (4, 3, 2, 1)]
    return next((name for name in names if len(name) <= _LONGEST_GROUP), names[-1])
