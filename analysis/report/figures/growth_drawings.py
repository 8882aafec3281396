"""Cost of scenarios against their scale, as figures for papers: a row per scenario, a panel per quantity."""

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, LogLocator, NullLocator

from analysis.numbers.felt import as_felt, host_stops
from analysis.report.figures import axes as parts
from analysis.report.figures.canvas import GRID, MUTED, Plate, hide_frame, short
from analysis.run.scenarios import DeclaredScenario
from analysis.scenarios.expectations import WORDS
from analysis.scenarios.growth import fit, growing_quantities, points
from analysis.scenarios.judging import measured_scenarios
from analysis.section import Section
from analysis.units import bytes_text, exponent_text, time_text
from benchmarks.record import PROSE, VARIANTS

_ACROSS = 3  #: panels in a row
_MOST_ROWS = 7  #: rows of one figure
_HIGH, _ABOVE = 2.2, 0.7  #: inches per row, and above all rows

Points = list[tuple[int, float]]  #: scale, and seconds or bytes
PanelRow = list[tuple[DeclaredScenario, str, str, pd.DataFrame]]  #: a panel: scenario, phase, quantity, cases


def growth_drawings(section: Section) -> list[Plate]:
    """Time and memory against the scale, both axes logarithmic; a figure per topic, each scenario in its own rows."""
    topics: dict[str, list[PanelRow]] = {}
    for scenario, cases in measured_scenarios(section):
        panels = [(scenario, *each) for each in growing_quantities(cases, scenario)]
        rows = [panels[start : start + _ACROSS] for start in range(0, len(panels), _ACROSS)]
        topics.setdefault(scenario.topic or "scenarios", []).extend(rows)
    found = []
    for topic, rows in topics.items():
        cut = [rows[start : start + _MOST_ROWS] for start in range(0, len(rows), _MOST_ROWS)]
        for number, some in enumerate(cut, start=1):
            name = f"{topic}, {number} of {len(cut)}" if len(cut) > 1 else topic
            found.append(Plate(name, _figure(short(name, 40), some)))
    return found


def _figure(title: str, rows: list[PanelRow]) -> Figure:
    figure = Figure(figsize=(parts.WIDTH, _ABOVE + _HIGH * len(rows)), layout="constrained")
    grid = figure.subplots(len(rows), _ACROSS, squeeze=False)
    for line, row in zip(grid, rows, strict=True):
        for panel in line[len(row) :]:
            panel.set_visible(False)
        for panel, (scenario, phase, quantity, cases) in zip(line, row, strict=False):
            panel.set_title(short(scenario.name, 34), pad=40)
            values = {variant: points(cases, quantity, variant) for variant in VARIANTS}
            stops = host_stops(cases, "scale") if quantity == "time" else None
            felt = [points(as_felt(cases), quantity, variant) for variant in VARIANTS] if stops else []
            _draw(panel, values, felt, scenario.axis, time_text if quantity == "time" else bytes_text)
            parts.host_line(panel, stops)
            look = {"loc": "lower left", "bbox_to_anchor": (-0.03, 0.98), "handlelength": 1.2, "borderpad": 0.2}
            panel.legend(
                frameon=False,
                fontsize=7,
                labelcolor=MUTED,
                title=f"{scenario.phase_text(phase)}: {WORDS[quantity]}",
                title_fontsize=7.5,
                alignment="left",
                **look,
            )
    waits = any(host_stops(cases, "scale") for row in rows for _, _, quantity, cases in row if quantity == "time")
    parts.legend(figure, parts.VARIANT_LEGEND, title, parts.HOST_LEGEND if waits else ())
    return figure


def _draw(panel: Axes, values: dict[str, Points], felt: list[Points], axis: str, text: Callable[[float], str]) -> None:
    hide_frame(panel)
    panel.set_xscale("log")
    panel.set_yscale("log")
    for (variant, known), style in zip(values.items(), parts.VARIANT_STYLES, strict=True):
        found = fit(known)
        label = f"∝ {short(axis, 12)}^{exponent_text(found.exponent, found.error)}" if found else "at two scales"
        panel.plot(*zip(*known, strict=True), **style, linewidth=0.6, label=f"{PROSE[variant]} {label}")
        if found:
            ends = (found.first, found.last)
            panel.plot(ends, [found.at(scale) for scale in ends], color=style["color"], linewidth=1.6, alpha=0.45)
    for known, style in zip(felt, parts.VARIANT_STYLES, strict=False):
        panel.plot(*zip(*known, strict=True), color=style["color"], linestyle="--", linewidth=1.0)
    amounts = [amount for known in values.values() for _, amount in known]
    if max(amounts) < 1.01 * min(amounts):  # a constant: differences of rounding errors must not fill the panel
        panel.set_ylim(min(amounts) / 2, 2 * max(amounts))
    scales = sorted({scale for known in values.values() for scale, _ in known})
    panel.xaxis.set_major_locator(FixedLocator(scales))
    panel.xaxis.set_major_formatter(FixedFormatter([f"{scale:,}" for scale in scales]))
    panel.yaxis.set_major_locator(LogLocator(2, numticks=5) if text is bytes_text else LogLocator(10, (1.0, 2.0, 5.0)))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    for each in (panel.xaxis, panel.yaxis):
        each.set_minor_locator(NullLocator())
    panel.grid(axis="y", color=GRID, linewidth=0.6)
    panel.set_xlabel(short(axis, 30))
