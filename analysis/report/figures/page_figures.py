"""The figures that the page has too: speedup against size, bandwidth, growth; painted from the page's own panels."""

from matplotlib.axes import Axes

from analysis.report.figures import panels as parts
from analysis.report.figures.canvas import Plate, short
from analysis.report.html import bandwidth as cloud
from analysis.report.html import growth_curves, size_panels
from analysis.report.html.anchors import Anchors
from analysis.report.palette import GRID, INK, MUTED, PAPER
from analysis.scenarios.growth import growing_quantities
from analysis.scenarios.judging import measured_scenarios
from analysis.section import Section
from benchmarks.record import OUTOFPLACE, PROSE, VARIANTS

_MOST_FAMILIES = 12  #: families of one figure, a row each
_MOST_PANELS = 18  #: panels of growth in one figure
_HEAD = 46  #: units of a figure above its panels: the legend, and headings of columns
_LEGEND, _LEGEND_WITH_HOST = 500, 860  #: units that the legend of verdicts takes
_TITLE = 20  #: units above a row of panels
_FOOT = 30  #: units below a panel of growth: its exponents

GrowthOf = tuple[str, growth_curves.GrowthPanel]  #: a scenario's name, and a panel of it


def speedup_by_size(section: Section) -> list[Plate]:
    """Every case with its interval, by size; a row per family, a panel per phase."""
    phases, rows = size_panels.size_panels(section)
    cut = [rows[start : start + _MOST_FAMILIES] for start in range(0, len(rows), _MOST_FAMILIES)]
    found = []
    for number, some in enumerate(cut, start=1):
        name = f"{number} of {len(cut)}" if len(cut) > 1 else ""
        found.append(_sizes_plate(name, phases, some, section.host_decides))
    return found


def _sizes_plate(
    name: str, phases: list[str], rows: list[tuple[str, list[size_panels.SizePanel | None]]], host_decides: bool
) -> Plate:
    size = size_panels.WIDTH, size_panels.HEIGHT
    wide, high = size[0] + parts.MARGIN, size[1] + _TITLE
    across = max(len(phases) * wide, _LEGEND_WITH_HOST if host_decides else _LEGEND)
    figure = parts.sheet(across + parts.MARGIN, _HEAD + len(rows) * high + 2 * parts.MARGIN)
    lines = [parts.MEAN_LEGEND, *([parts.FELT_MEAN, parts.HOST_LIMIT] if host_decides else [])]
    parts.legend_row(figure, 6, [*parts.VERDICT_LEGEND, *lines])
    for place, (family, panels) in enumerate(rows):
        for column, (phase, drawn) in enumerate(zip(phases, panels, strict=True)):
            axes = parts.panel(figure, parts.MARGIN + column * wide, _HEAD + place * high + _TITLE, size)
            title = short(f"{family}, {phase}", 34)
            parts.add_text(axes, 0, -6, title if drawn else f"{title}: not measured", color=INK if drawn else MUTED)
            if drawn:
                _size_panel(axes, drawn)
    figure.text(0.01, 0.002, "elements →   above 1x: in-place faster →", ha="left", va="bottom", color=MUTED)
    return Plate(name, figure)


def _size_panel(axes: Axes, drawn: size_panels.SizePanel) -> None:
    parts.level_lines(axes, drawn.ticks, size_panels.LEFT, drawn.one)
    for size in drawn.sizes:
        for marks in size.marks:
            colour = parts.VERDICT_MARKS[marks.verdict]["color"]
            intervals = [[(x, low), (x, high)] for x, low, high in marks.intervals]
            parts.add_lines(axes, intervals, color=colour, alpha=0.5, zorder=2)
            parts.add_marks(axes, marks.verdict, marks.dots)
        parts.add_lines(axes, [[(size.left, size.y), (size.right, size.y)]], color=INK, linewidth=2, zorder=4)
        if size.felt_y is not None:
            felt = [[(size.left, size.felt_y), (size.right, size.felt_y)]]
            parts.add_lines(axes, felt, color=INK, linewidth=1.6, linestyle="--", zorder=4)
        parts.add_text(axes, (size.left + size.right) / 2, axes.get_ylim()[0] - 4, size.text, ha="center")
    parts.host_limit(axes, drawn.host_until)


def bandwidth(section: Section) -> list[Plate]:
    """Each op's share of the machine's bandwidth against its speedup."""
    drawn = cloud.bandwidth_cloud(section, Anchors([section]))
    if drawn is None:
        return []
    figure = parts.sheet(drawn.width + 2 * parts.MARGIN, drawn.height + _HEAD)
    axes = parts.panel(figure, parts.MARGIN, _HEAD - 10, (drawn.width, drawn.height))
    parts.level_lines(axes, drawn.ticks, drawn.left, drawn.one)
    for x, text in drawn.shares:
        parts.add_lines(axes, [[(x, 10), (x, drawn.bottom)]], color=GRID, zorder=0.5)
        parts.add_text(axes, x, drawn.bottom + 14, text, ha="center")
    for dot in drawn.dots:
        if dot.felt:
            parts.add_lines(axes, [[(dot.x, dot.y), dot.felt]], color=MUTED, linestyle="--", alpha=0.7, zorder=1)
            axes.plot(*dot.felt, marker="o", markersize=4, color=MUTED, markerfacecolor=PAPER, markeredgewidth=0.8)
        axes.plot(dot.x, dot.y, zorder=3, **{**parts.VERDICT_MARKS[dot.verdict], "markersize": 4.5})
    parts.add_text(axes, drawn.left, drawn.height - 6, "share of the machine's bandwidth, out of place →")
    parts.add_text(axes, drawn.width, drawn.height - 6, f"at {drawn.size} elements; up: in-place faster →", ha="right")
    felt = [parts.FELT_MEAN] if any(dot.felt for dot in drawn.dots) else []
    parts.legend_row(figure, 6, [*parts.VERDICT_LEGEND, *felt])
    return [Plate("", figure)]


def scenario_growth(section: Section) -> list[Plate]:
    """Time and memory of scenarios against their scale; figures per topic."""
    topics: dict[str, list[GrowthOf]] = {}
    for scenario, cases in measured_scenarios(section):
        called: dict[str, str] = dict(zip(VARIANTS, scenario.labels, strict=True))
        for phase, quantity, mine in growing_quantities(cases, scenario):
            drawn = growth_curves.growth_panel(scenario.phase_text(phase), quantity, mine, scenario.axis, called)
            topics.setdefault(scenario.topic or "scenarios", []).append((scenario.name, drawn))
    found = []
    for topic, every in topics.items():
        cut = [every[start : start + _MOST_PANELS] for start in range(0, len(every), _MOST_PANELS)]
        for number, some in enumerate(cut, start=1):
            found.append(_growth_plate(f"{topic}, {number} of {len(cut)}" if len(cut) > 1 else topic, some))
    return found


def _growth_plate(name: str, some: list[GrowthOf]) -> Plate:
    size = growth_curves.WIDTH, growth_curves.HEIGHT
    across = min(parts.most_panels(size[0]), max(2, len(some)))
    wide, high = size[0] + parts.MARGIN, size[1] + 2 * _TITLE + _FOOT
    figure = parts.sheet(across * wide + parts.MARGIN, _HEAD + -(-len(some) // across) * high)
    lines = [{"label": PROSE[v], "color": parts.VARIANT_COLOUR[v], "linestyle": "-"} for v in VARIANTS]
    host = [parts.FELT_MEAN | {"color": MUTED}, parts.HOST_LIMIT] if any(each.host_until for _, each in some) else []
    parts.legend_row(figure, 6, [*lines, *host])
    for place, (scenario, drawn) in enumerate(some):
        row, column = divmod(place, across)
        axes = parts.panel(figure, parts.MARGIN + column * wide, _HEAD + row * high + _TITLE, size)
        parts.add_text(axes, 0, -20, short(scenario, 40), color=INK, weight="bold")
        parts.add_text(axes, 0, -6, f"{short(drawn.title, 40)}, lower is better ↓")
        _growth_panel(axes, drawn)
    return Plate(short(name, 40), figure)


def _growth_panel(axes: Axes, drawn: growth_curves.GrowthPanel) -> None:
    wide, high = axes.get_xlim()[1], axes.get_ylim()[0]
    for y, text in drawn.ends:
        parts.add_lines(axes, [[(62, y), (wide, y)]], color=GRID, zorder=0.5)
        parts.add_text(axes, 57, y + 3.5, text, ha="right")
    for x, text in drawn.ticks:
        parts.add_text(axes, x, high - 6, text, ha="center")
    for place, line in enumerate(drawn.lines):
        colour, ring = parts.VARIANT_COLOUR[line.variant], line.variant == OUTOFPLACE
        parts.add_lines(axes, _drawn(line.fitted_points), color=colour, linewidth=4, alpha=0.3, zorder=1)
        parts.add_lines(axes, _drawn(line.points), color=colour, zorder=2)
        parts.add_lines(axes, _drawn(line.felt_points), color=colour, linestyle="--", zorder=2)
        look = {"markersize": 6.0 if ring else 3.6, "markerfacecolor": PAPER if ring else colour}
        xs, ys = [x for x, _, _ in line.marks], [y for _, y, _ in line.marks]
        axes.plot(xs, ys, linestyle="none", marker="o", color=colour, markeredgewidth=1.0 if ring else 0, **look)
        if line.exponent:
            parts.add_text(axes, 0, high + 12 + 14 * place, short(f"{line.called} ∝ {line.exponent}", 48), color=colour)
    parts.host_limit(axes, drawn.host_until)


def _drawn(points: growth_curves.Places) -> list[growth_curves.Places]:
    """One line, or none."""
    return [points] if points else []
