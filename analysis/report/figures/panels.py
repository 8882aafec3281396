"""Panels of the page as parts of a figure: axes in the units of the page, lines and marks at the same places.

A figure that page and files share is laid out once, by the page (`analysis.report.html`); here it is painted again.
"""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.report.figures.axes import WIDTH
from analysis.report.palette import GRID, INK, INPLACE_COLOUR, MUTED, OUTOFPLACE_COLOUR, PAPER
from benchmarks.record import INPLACE, OUTOFPLACE
from benchmarks.record.interval import FASTER, INCONCLUSIVE, NO_DIFFERENCE, SLOWER

UNIT = 1 / 96  #: inches of a unit of the page
POINT = 72 * UNIT  #: points of a unit: an 11 px letter of the page has 8.25 points in a file
MARGIN = 14  #: units around all panels

Line = Sequence[tuple[float, float]]  #: its points

#: As the page's style has them: the colour of the faster variant, and a shape of its own.
VERDICT_MARKS: dict[str, dict[str, Any]] = {
    FASTER: {"color": INPLACE_COLOUR, "marker": "o", "markersize": 2.6, "markeredgewidth": 0},
    SLOWER: {"color": OUTOFPLACE_COLOUR, "marker": "s", "markersize": 2.4, "markeredgewidth": 0},
    NO_DIFFERENCE: {"color": MUTED, "marker": "_", "markersize": 3.2, "markeredgewidth": 1.1},
    INCONCLUSIVE: {"color": MUTED, "marker": "o", "markersize": 2.4, "markerfacecolor": PAPER, "markeredgewidth": 0.7},
}
VARIANT_COLOUR = {OUTOFPLACE: OUTOFPLACE_COLOUR, INPLACE: INPLACE_COLOUR}


def sheet(width: float, height: float) -> Figure:
    """A figure of this size in units of the page."""
    return Figure(figsize=(width * UNIT, height * UNIT))


def panel(figure: Figure, left: float, top: float, size: tuple[float, float]) -> Axes:
    """Axes whose coordinates are those of the page's panel: from its upper left corner, in its units."""
    wide, high = figure.get_size_inches() / UNIT
    axes = figure.add_axes((left / wide, 1 - (top + size[1]) / high, size[0] / wide, size[1] / high))
    axes.set_xlim(0, size[0])
    axes.set_ylim(size[1], 0)
    axes.set_axis_off()
    return axes


def add_lines(axes: Axes, lines: Sequence[Line], **look: Any) -> None:
    """Draws lines in units of the page, as their `linewidth` is too."""
    look["linewidth"] = look.get("linewidth", 1) * POINT
    axes.add_collection(LineCollection(lines, capstyle="butt", **look), autolim=False)


def add_marks(axes: Axes, verdict: str, places: Sequence[tuple[float, float]]) -> None:
    """Draws the mark of a verdict at each of `places`."""
    if len(places):
        xs, ys = zip(*places, strict=True)
        axes.plot(xs, ys, linestyle="none", zorder=3, scalex=False, scaley=False, **VERDICT_MARKS[verdict])


def add_text(axes: Axes, x: float, y: float, text: str, **look: Any) -> None:
    """Writes as the page does: `y` is the foot of the letters, their size 11 units."""
    axes.text(x, y, text, **{"fontsize": 11 * POINT, "color": MUTED, "va": "baseline", **look})


def level_lines(axes: Axes, ticks: Sequence[tuple[float, str]], left: float, one: float | None = None) -> None:
    """Hairlines at `ticks` with their texts to the left of `left`; a dark one at 1x."""
    for y, text in ticks:
        add_lines(axes, [[(left, y), (axes.get_xlim()[1], y)]], color=GRID, zorder=0.5)
        add_text(axes, left - 5, y + 3.5, text, ha="right")
    if one is not None:
        add_lines(axes, [[(left, one), (axes.get_xlim()[1], one)]], color=INK, alpha=0.65, zorder=1)


def host_limit(axes: Axes, x: float | None) -> None:
    """Draws the dotted line up to which the host of a GPU decides; nothing where it decides nowhere."""
    if x is not None:
        add_lines(axes, [[(x, 4), (x, axes.get_ylim()[0] - 18)]], color=MUTED, linestyle=(0, (1, 2)), zorder=1)


def legend_row(figure: Figure, top: float, styles: Sequence[dict[str, Any]]) -> None:
    """Draws the meaning of marks and lines in a row at `top`, in units of the page."""
    high = figure.get_figheight() / UNIT
    handles = [Line2D([], [], **{"linestyle": "none", **style}) for style in styles]
    place = {"loc": "upper left", "bbox_to_anchor": (0.0, 1 - top / high), "borderaxespad": 0.0}
    look = {"frameon": False, "fontsize": 8, "labelcolor": MUTED, "ncols": len(handles)}
    figure.legend(handles=handles, columnspacing=1.2, handletextpad=0.4, **place, **look)


#: The meaning of the marks of verdicts, larger than in a panel.
VERDICT_LEGEND = [{**look, "label": name, "markersize": 4.5} for name, look in VERDICT_MARKS.items()]
MEAN_LEGEND = {"label": "geomean", "color": INK, "linestyle": "-", "linewidth": 1.5}
#: Where the host of a GPU decides at some places.
FELT_MEAN = {"label": "as a user feels it", "color": INK, "linestyle": "--", "linewidth": 1.2}
HOST_LIMIT = {"label": "the host decides up to here", "color": MUTED, "linestyle": ":"}


def most_panels(wide: float) -> int:
    """How many panels of a width, in units of the page, fit side by side in a full figure; at least one."""
    return max(1, int((WIDTH / UNIT + MARGIN) // (wide + MARGIN)))
