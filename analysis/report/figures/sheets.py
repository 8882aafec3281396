"""Spreads the rows of a question over figures: one per family, none higher than a page or two."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.report.figures.axes import WIDTH, legend
from analysis.report.figures.canvas import Plate, short

_MOST_ROWS = 80  #: rows of a figure; a family with more is cut into figures of equal height
_MOST_FAMILIES = 24  #: families with their own figures; all others share one
_LONG = 28  #: rows from which a figure of one panel gets a second column
_MARGINS = 1.15  #: inches above and below the rows
_LEGEND = 0.3  #: inches of a legend below the panels
_PANEL = 2.02  #: inches of a panel; four and their labels fill WIDTH


@dataclass(frozen=True)
class Rows:
    """Sizes that the figures of one family share, in inches."""

    height: float = 0.165  #: height of a row: 80 ops stay legible
    label: float = 1.7  #: width of the labels


def cases_by_family(cases: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The cases by family, in the run's order."""
    names = list(dict.fromkeys(cases["family"]))
    several = names[:_MOST_FAMILIES] if len(names) > _MOST_FAMILIES + 1 else names
    for name in several:
        yield name, cases[cases["family"] == name]
    if len(several) < len(names):
        yield f"{len(names) - len(several):,} more families", cases[~cases["family"].isin(several)]


def plates(
    name: str,
    rows: list[str],
    panels: dict[str, pd.DataFrame],
    paint: Callable[[Axes, str, pd.DataFrame, list[str]], None],
    styles: list[dict],
    size: Rows = Rows(),
    lines: Sequence[dict] = (),
) -> list[Plate]:
    """Figures of `rows` (the first lowest), a column per panel, drawn by `paint(axes, panel's name, its cases, rows)`.
    `styles`: the marks of the legend; `lines`: the lines of a second legend below."""
    parts = _cut(rows, -(-len(rows) // _MOST_ROWS))[::-1]
    found = []
    for number, part in enumerate(parts, start=1):
        title = f"{name}, {number} of {len(parts)}" if len(parts) > 1 else name
        columns = _cut(part, 2 if len(panels) == 1 and len(part) >= _LONG else 1)[::-1]
        figure, grid = _figure(columns, len(panels), size, _LEGEND if lines else 0.0)
        for axes, mine in zip(grid, columns, strict=True):
            for axis, (panel, shown) in zip(axes, panels.items(), strict=True):
                paint(axis, panel, shown, mine)
        legend(figure, styles, short(title, 40), lines)
        found.append(Plate(title, figure))
    return found


def _cut(rows: list[str], parts: int) -> list[list[str]]:
    return [list(part) for part in np.array_split(np.array(rows, dtype=object), parts)]


def _figure(columns: list[list[str]], panels: int, size: Rows, below: float) -> tuple[Figure, list[list[Axes]]]:
    """A figure, as wide as its panels and as high as its rows; and its panels by column of rows."""
    width = min(WIDTH, len(columns) * (size.label + _PANEL * panels))
    height = _MARGINS + below + size.height * max(3, max(map(len, columns)))
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(columns) * panels)).reshape(len(columns), panels)
    for row in axes:
        for axis in row[1:]:
            axis.sharey(row[0])
            axis.tick_params(labelleft=False)
    return figure, [list(row) for row in axes]
