"""Speedup against size as small multiples, a panel per family and a line per phase: in one panel they would overlap."""

import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.numbers.felt import as_felt, host_stops
from analysis.numbers.geomeans import geomeans
from analysis.numbers.sizes import common_sizes
from analysis.report.figures import axes as parts
from analysis.report.figures.canvas import PHASE_STYLE, Plate, hide_frame, short
from analysis.report.palette import MUTED, PAPER
from analysis.section import Section
from analysis.units import names_text
from benchmarks.record import PHASES

_ACROSS = 4  #: panels in a row
_MOST_PANELS = 24  #: families shown: those with the most cases
_HIGH, _ABOVE = 1.85, 0.75  #: inches of a panel, and above and below all panels
_LETTERS = 15  #: characters per inch of the line below


def speedup_by_size(section: Section) -> list[Plate]:
    """Speedup of every case against its number of elements, per family; lines join the phases' geomeans."""
    shown = section.headline
    counts = shown.groupby("family", sort=False).agg(sizes=("size", "nunique"), n=("size", "size"))
    several = counts[counts["sizes"] > 1]
    if several.empty:
        return []
    named = [family for family in counts.index if family in several["n"].nlargest(_MOST_PANELS).index]
    mine = shown[shown["family"].isin(named)]
    limits = parts.speed_limits(mine[["speedup", "felt_speedup"]])
    sizes = sorted(int(size) for size in mine["size"].unique())
    across, down = min(_ACROSS, len(named)), -(-len(named) // _ACROSS)
    high = _HIGH if len(named) > 1 else 1.5 * _HIGH
    wide = _ACROSS if section.host_decides else max(across, 2)  # the legend has twice as many words then
    figure = Figure(figsize=(parts.WIDTH * wide / _ACROSS, _ABOVE + high * down), layout="constrained")
    grid = np.atleast_1d(figure.subplots(down, across, sharey=True)).ravel()
    for axis, family in zip(grid, named, strict=False):
        _family(axis, family, mine[mine["family"] == family], sizes, limits)
    for axis in grid[len(named) :]:
        axis.set_visible(False)
    for axis in grid[::across]:
        axis.set_ylabel("in-place faster →")
    phases = [phase for phase in PHASES if (mine["phase"] == phase).any()]
    styles = [{**PHASE_STYLE[phase], "label": phase, "linestyle": "-"} for phase in phases]
    parts.legend(figure, styles, lines=parts.HOST_LEGEND if section.host_decides else (), lines_above=True)
    rest = [short(family, 20) for family in counts.index if family not in named]
    below = f"elements. Not shown, most for having one size only: {names_text(rest, 8)}" if rest else "elements"
    figure.supxlabel(textwrap.fill(below, int(_LETTERS * figure.get_figwidth())), fontsize=8.5, color=MUTED)
    return [Plate("", figure)]


def _family(axis: Axes, family: str, cases: pd.DataFrame, sizes: list[int], limits: tuple[float, float]) -> None:
    hide_frame(axis)
    parts.size_axis(axis, sizes)
    parts.speed_axis(axis.yaxis, limits)
    axis.axhline(1.0, color=MUTED, linewidth=0.9, zorder=1)
    axis.set_title(short(family, 24))
    parts.host_line(axis, host_stops(cases, "size"))
    phases = [phase for phase in PHASES if (cases["phase"] == phase).any()]
    for index, phase in enumerate(phases):
        style = PHASE_STYLE[phase]
        mine = cases[cases["phase"] == phase]
        # Phases are drawn side by side, within a third of a doubling: on top of each other they would hide one another.
        beside = 2.0 ** ((index - (len(phases) - 1) / 2) / (1.5 * len(phases)))
        faint: dict[str, Any] = {"linestyle": "none", "alpha": 0.25, "markersize": 2.6, "markeredgewidth": 0}
        axis.plot(mine["size"] * beside, mine["speedup"].clip(*limits), **faint, **style)
        means = geomeans(mine, ["size"])
        joined = means["size"].isin(common_sizes(mine))
        full: dict[str, Any] = {"linewidth": 1.5, "markersize": 4.8, "markeredgecolor": PAPER, "markeredgewidth": 0.7}
        hollow: dict[str, Any] = {
            "linestyle": "none",
            "markersize": 4.2,
            "markerfacecolor": PAPER,
            "markeredgewidth": 1.1,
        }
        for some, look in ((means[joined], full), (means[~joined], hollow)):
            axis.plot(some["size"] * beside, some["speedup"].clip(*limits), **look, **style)
        if mine["host_decides"].eq(True).any():
            felt = geomeans(as_felt(mine), ["size"])[joined]
            dashed: dict[str, Any] = {"color": style["color"], "linestyle": "--", "linewidth": 1.3}
            axis.plot(felt["size"] * beside, felt["speedup"].clip(*limits), **dashed)
