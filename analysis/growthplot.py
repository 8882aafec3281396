"""Cost of scenarios against their scale, as figures for papers: a row a scenario, a panel a quantity."""

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, LogLocator, NullLocator

from analysis import axes as parts
from analysis.canvas import GRID, MUTED, Plate, quiet, short
from analysis.expectations import WORDS
from analysis.geomeans import Section
from analysis.growth import PROSE, fit, growing, points
from analysis.judging import measured
from analysis.tables import bytes_text, exponent_text, time_text
from benchmarks.record import VARIANTS

_MOST_ROWS = 8  #: of one figure
_HIGH, _ABOVE = 2.2, 0.7  #: inches of a row, and above all


def growth(section: Section) -> list[Plate]:
    """Time and memory against the scale, both axes logarithmic; figures by topic."""
    topics: dict[str, list[tuple[str, str, pd.DataFrame]]] = {}
    for scenario, cases in measured(section):
        for phase, rows in growing(cases, scenario):
            title = f"{short(scenario.name, 24)}, {phase}"
            topics.setdefault(scenario.topic or "scenarios", []).append((title, scenario.axis, rows))
    found = []
    for topic, rows in topics.items():
        cut = [rows[start : start + _MOST_ROWS] for start in range(0, len(rows), _MOST_ROWS)]
        for number, some in enumerate(cut, start=1):
            name = f"{topic}, {number} of {len(cut)}" if len(cut) > 1 else topic
            found.append(Plate(name, _figure(short(name, 40), some)))
    return found


def _figure(title: str, rows: list[tuple[str, str, pd.DataFrame]]) -> Figure:
    figure = Figure(figsize=(parts.WIDTH, _ABOVE + _HIGH * len(rows)), layout="constrained")
    grid = figure.subplots(len(rows), len(WORDS), squeeze=False)
    for line, (name, axis, cases) in zip(grid, rows, strict=True):
        for panel, (quantity, word) in zip(line, WORDS.items(), strict=True):
            values = {variant: points(cases, quantity, variant) for variant in VARIANTS}
            _panel(panel, values, axis, time_text if quantity == "time" else bytes_text)
            panel.set_title(f"{name}: {word}" if panel is line[0] else word, pad=30)
    parts.legend(figure, parts.VARIANT_LEGEND, title)
    return figure


def _panel(panel: Axes, values: dict[str, list[tuple[int, float]]], axis: str, text: Callable[[float], str]) -> None:
    quiet(panel)
    scales = sorted({scale for known in values.values() for scale, _ in known})
    if not scales:
        panel.set_xticks([])
        panel.set_yticks([])
        panel.text(0.5, 0.5, "not measured", ha="center", color=MUTED, transform=panel.transAxes, style="italic")
        return
    panel.set_xscale("log")
    panel.set_yscale("log")
    for (variant, known), style in zip(values.items(), parts.VARIANT_STYLES, strict=True):
        found = fit(known)
        label = f"{PROSE[variant]} ∝ {short(axis, 12)}^{exponent_text(found.exponent, found.error)}" if found else None
        panel.plot(*zip(*known, strict=True), **style, linewidth=0.6, label=label) if known else None
        if found:
            ends = (found.first, found.last)
            panel.plot(ends, [found.at(scale) for scale in ends], color=style["color"], linewidth=1.6, alpha=0.45)
    panel.xaxis.set_major_locator(FixedLocator(scales))
    panel.xaxis.set_major_formatter(FixedFormatter([f"{scale:,}" for scale in scales]))
    panel.yaxis.set_major_locator(LogLocator(2, numticks=5) if text is bytes_text else LogLocator(10, (1.0, 2.0, 5.0)))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    for each in (panel.xaxis, panel.yaxis):
        each.set_minor_locator(NullLocator())
    panel.grid(axis="y", color=GRID, linewidth=0.6)
    panel.set_xlabel(short(axis, 30))
    if panel.get_legend_handles_labels()[1]:
        look = {"loc": "lower left", "bbox_to_anchor": (-0.03, 0.98), "handlelength": 1.2, "borderpad": 0.2}
        panel.legend(frameon=False, fontsize=7, labelcolor=MUTED, **look)
