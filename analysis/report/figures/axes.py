"""Parts that figures share: rows of ops, a speedup axis centred on 1, dumbbells, a legend."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from analysis.report.figures.canvas import hide_frame, short
from analysis.report.palette import GRID, INPLACE_COLOUR, MUTED, OUTOFPLACE_COLOUR, PAPER
from analysis.report.scales import ratio_limits, ratio_ticks
from benchmarks.record import PROSE, VARIANTS

WIDTH = 9.8  #: inches of a full figure
_MOST_TICKS = 5


def row_axis(axes: Axes, labels: list[str], longest: int = 30) -> None:
    """Draws one row per label, the first at the bottom, with a hairline under each."""
    hide_frame(axes)
    axes.set_yticks([])
    axes.set_ylim(-0.7, len(labels) - 0.3)
    axes.hlines(range(len(labels)), 0, 1, GRID, linewidth=0.5, transform=axes.get_yaxis_transform(), zorder=0.5)
    # Texts, not ticks: a tick is two texts and three lines, and every panel lays it out repeatedly.
    if axes.yaxis.get_tick_params().get("labelleft", True):
        place = {"ha": "right", "va": "center", "fontsize": 7.5, "transform": axes.get_yaxis_transform()}
        for row, label in enumerate(labels):
            axes.text(-0.015, row, short(label, longest), **place)


def speed_limits(speeds: pd.DataFrame) -> tuple[float, float]:
    """An axis range for these speedups that includes 1."""
    return ratio_limits(speeds.to_numpy(dtype=float).ravel())


def speed_axis(axis: Axis, limits: tuple[float, float]) -> None:
    """A logarithmic axis: twice as fast and half as fast are equally far from 1."""
    ticks = ratio_ticks(limits, _MOST_TICKS)
    (axis.axes.set_xscale if isinstance(axis, XAxis) else axis.axes.set_yscale)("log")
    (axis.axes.set_xlim if isinstance(axis, XAxis) else axis.axes.set_ylim)(limits)
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FixedFormatter([f"{tick:.3g}x" for tick in ticks]))
    axis.set_minor_locator(NullLocator())
    axis.grid(True, color=GRID, linewidth=0.8)


def dumbbells(axes: Axes, rows: list[int], outofplace: list[float], inplace: list[float]) -> None:
    """Draws both variants of each row and a line between them; a dot in a ring where they are equal."""
    axes.hlines(rows, outofplace, inplace, color=MUTED, linewidth=1.0, alpha=0.6, zorder=2)
    axes.plot(outofplace, rows, **VARIANT_STYLES[0], linestyle="none", zorder=3)
    axes.plot(inplace, rows, **VARIANT_STYLES[1], linestyle="none", zorder=4)


#: Out-of-place is a wide ring, in-place a dot that fits inside: equal values show both.
VARIANT_STYLES = (
    {"marker": "o", "color": OUTOFPLACE_COLOUR, "markerfacecolor": PAPER, "markersize": 6.2, "markeredgewidth": 1.3},
    {"marker": "o", "color": INPLACE_COLOUR, "markersize": 3.8, "markeredgewidth": 0},
)
VARIANT_LEGEND = [{**style, "label": PROSE[name]} for style, name in zip(VARIANT_STYLES, VARIANTS, strict=True)]


#: Styles that show which of a GPU's two times a mark is of.
FELT_LEGEND: list[dict[str, Any]] = [
    {"label": "on the device", "color": MUTED, "linestyle": "-"},
    {"label": "as a user feels it", "color": MUTED, "linestyle": "--"},
]


def label_row(axes: Axes, row: int, x: float, text: str) -> None:
    """Writes, in a row without a mark, why there is none."""
    axes.text(x, row, f" {text}", va="center", fontsize=6.5, color=MUTED, style="italic")


def label_row_end(axes: Axes, row: int, text: str, left: bool) -> None:
    """Writes a word on a row with a mark, at the end of the row away from the mark."""
    where = {"x": 0.01 if left else 0.99, "ha": "left" if left else "right"}
    axes.text(y=row, s=text, va="center", fontsize=6, color=MUTED, transform=axes.get_yaxis_transform(), **where)


def legend(figure: Figure, styles: list[dict], title: str = "", lines: Sequence[dict] = ()) -> None:
    """Draws the legend: `title` and the meaning of the marks above the panels, the meaning of `lines` below them."""
    look: dict[str, Any] = {"frameon": False, "fontsize": 8, "labelcolor": MUTED, "ncols": 6}
    look |= {"columnspacing": 1.2, "handletextpad": 0.4}
    if lines:
        figure.legend(handles=[Line2D([], [], **style) for style in lines], loc="outside lower left", **look)
    if title:
        look |= {"title": title, "alignment": "left", "title_fontproperties": {"size": 10.5, "weight": "bold"}}
    handles = [Line2D([], [], **{"linestyle": "none", "markersize": 5, **style}) for style in styles]
    figure.legend(handles=handles, loc="outside upper left", **look)
