"""One function a figure. Each takes the cases of a section and gives a matplotlib figure, or None with nothing to show.

Every axis says which side is better; what is missing or failed is named in its place, never drawn as zero.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import axes as parts
from analysis.canvas import FAMILY_COLOURS, FAMILY_MARKERS, GRID, MUTED, PAPER, VERDICT_STYLE, quiet, short
from analysis.geomeans import geomeans, headline, typical
from analysis.memory import QUESTIONS, alike, pair_bytes
from analysis.tables import count_text, names_text, ratio_text
from benchmarks.record import OK, PHASES, VARIANTS

_MOST_GROUPS = 60  #: rows of the memory figure; the table beside it has them all
_LONGEST_GROUP = 40  #: characters of names in its margin
_MOST_FAMILIES = 12  #: named in a legend
_FULLEST = 3.0  #: a share of bandwidth beyond it is drawn there: a cache answered, not memory


def speedup_by_op(cases: pd.DataFrame) -> Figure | None:
    """Speedup and interval of every op at one size a phase, sorted; one panel a phase."""
    panels = {phase: _of_phase(cases, phase) for phase in PHASES}
    panels = {phase: shown for phase, shown in panels.items() if len(shown)}
    if not panels:
        return None
    order = _sorted([shown.set_index("label")["log_speedup"] for shown in panels.values()])
    limits = parts.speed_limits(pd.concat([s[["speedup", "speedup_low", "speedup_high"]] for s in panels.values()]))
    figure, axes = parts.rows_figure(len(order), len(panels))
    for axis, (phase, shown) in zip(axes, panels.items(), strict=True):
        parts.row_axis(axis, order)
        parts.speed_axis(axis.xaxis, limits)
        axis.axvline(1.0, color=MUTED, linewidth=0.9, zorder=1)
        axis.set_title(phase, pad=17)
        about = f"{count_text(int(shown['numel'].iloc[0]))} elements, {short(shown['dtype'].iloc[0], 12)}"
        axis.annotate(about, (0, 1), (0, 4), "axes fraction", textcoords="offset points", color=MUTED, fontsize=8)
        axis.set_xlabel("speedup, in-place faster →")
        _speeds(axis, shown, order, limits)
    parts.legend(figure, [{**style, "label": name} for name, style in VERDICT_STYLE.items()])
    return figure


def _of_phase(cases: pd.DataFrame, phase: str) -> pd.DataFrame:
    """One row an op: the cases of a phase at its typical size, failed and bistable ones among them."""
    of_phase = cases[(cases["phase"] == phase) & cases["timed"]]
    warm = of_phase[of_phase["allocator"] != "fresh"]
    return typical(of_phase if warm.empty else warm)


def _sorted(values: list[pd.Series]) -> list[str]:
    """Labels by the first panel that knows them, smallest first (lowest in the figure), unknown ones at the bottom."""
    table = pd.concat(values, axis=1)
    return list(table.bfill(axis=1).iloc[:, 0].sort_values(na_position="first", kind="stable").index)


def _speeds(axis: Axes, shown: pd.DataFrame, order: list[str], limits: tuple[float, float]) -> None:
    """The marks of one panel: a dot and its interval an op, one style a verdict; words where there is no dot."""
    shown = shown.set_index("label")
    drawn = shown[shown["verdict"].notna() & shown["speedup"].between(*limits)]
    for name, style in VERDICT_STYLE.items():
        mine = drawn[drawn["verdict"] == name]
        rows = [order.index(label) for label in mine.index]
        low, high = (mine[end].clip(*limits) for end in ("speedup_low", "speedup_high"))
        axis.hlines(rows, low, high, color=style["color"], linewidth=1.2, zorder=2)
        axis.plot(mine["speedup"], rows, linestyle="none", markersize=4, markeredgewidth=1.0, zorder=3, **style)
    for row, label in enumerate(order):
        if label not in drawn.index:
            parts.say(axis, row, 1.0, _why_no_dot(shown.loc[label]) if label in shown.index else "not measured")


def _why_no_dot(case: pd.Series) -> str:
    if case.state != OK:
        return case.state.replace("_", " ")
    return "bistable" if case.bistable else ratio_text(case.speedup)


def speedup_by_size(cases: pd.DataFrame) -> Figure | None:
    """Speedup of every case against its number of elements; lines join the families' geomeans; one panel a phase."""
    shown = headline(cases)
    phases = [phase for phase in PHASES if (shown["phase"] == phase).any()]
    if shown["numel"].nunique() < 2:
        return None
    figure = Figure(figsize=(parts.WIDTH, 3.6), layout="constrained")
    limits, families = parts.speed_limits(shown[["speedup"]]), list(dict.fromkeys(shown["family"]))
    axes = np.atleast_1d(figure.subplots(1, len(phases), sharey=True))
    for axis, phase in zip(axes, phases, strict=True):
        mine = shown[shown["phase"] == phase]
        quiet(axis)
        parts.size_axis(axis, sorted(shown["numel"].unique()))
        parts.speed_axis(axis.yaxis, limits)
        axis.axhline(1.0, color=MUTED, linewidth=0.9, zorder=1)
        axis.set_title(phase)
        axis.set_xlabel("elements")
        for index, family in enumerate(families):
            _family(axis, mine[mine["family"] == family], index, len(families), limits)
    axes[0].set_ylabel("speedup, in-place faster →")
    named = families[:_MOST_FAMILIES]
    parts.legend(figure, [{**_family_style(i), "label": short(f), "linestyle": "-"} for i, f in enumerate(named)])
    return figure


def _family(axis: Axes, cases: pd.DataFrame, index: int, families: int, limits: tuple[float, float]) -> None:
    style = _family_style(index)
    # Families stand side by side, within a third of a doubling: on top of each other they would hide one another.
    beside = 2.0 ** ((index - (families - 1) / 2) / (1.5 * families))
    sizes, speeds = cases["numel"] * beside, cases["speedup"].clip(*limits)
    marks = {"color": style["color"], "marker": style["marker"], "markeredgewidth": 0}
    axis.plot(sizes, speeds, linestyle="none", alpha=0.3, markersize=3, **marks)
    means = geomeans(cases, ["numel"])
    axis.plot(means["numel"] * beside, means["speedup"].clip(*limits), linewidth=1.5, markersize=5.5, **style)


def _family_style(index: int) -> dict:
    colour, marker = (values[index % len(values)] for values in (FAMILY_COLOURS, FAMILY_MARKERS))
    return {"color": colour, "marker": marker, "markeredgecolor": PAPER, "markeredgewidth": 0.7}


def memory_by_phase(cases: pd.DataFrame) -> Figure | None:
    """Peak and held bytes of both variants in multiples of the input, a row a group of ops that need the same."""
    groups = alike(pair_bytes(cases))
    if groups.empty:
        return None
    groups = groups.head(_MOST_GROUPS).iloc[::-1]
    questions = [question for question, _, _ in QUESTIONS if groups[question].notna().any()]
    names = [_group_name(ops) for ops in groups["labels"]]
    widest = max(max(values) for question in questions for values in groups[question] if isinstance(values, tuple))
    figure, axes = parts.rows_figure(len(names), len(questions), row=0.27)
    for axis, question in zip(axes, questions, strict=True):
        parts.row_axis(axis, names, longest=44)
        axis.set_title(question)
        axis.set_xlabel("← less, in multiples of N")
        axis.set_xlim(0, 1.12 * max(widest, 2.0))
        axis.grid(axis="x", color=GRID, linewidth=0.8)
        told = {row: values for row, values in enumerate(groups[question]) if isinstance(values, tuple)}
        parts.dumbbells(axis, list(told), *([values[i] for values in told.values()] for i in (0, 1)))
        for row in set(range(len(names))) - set(told):
            parts.say(axis, row, 0.0, "not measured")
    parts.legend(figure, parts.VARIANT_LEGEND)
    return figure


def _group_name(ops: list[str]) -> str:
    """As many of the names as a margin holds, and how many more there are."""
    names = [names_text([short(op, 24) for op in ops], limit) for limit in (4, 3, 2, 1)]
    return next((name for name in names if len(name) <= _LONGEST_GROUP), names[-1])


def bandwidth(cases: pd.DataFrame) -> Figure | None:
    """Bytes an op must move over its time, as a share of what this machine moved in the same run; both variants."""
    columns = [f"{variant}_bandwidth_ratio" for variant in VARIANTS]
    known = cases[cases[columns].notna().all(axis=1) & (cases["allocator"] != "fresh")]
    panels = {phase: typical(_large(known[known["phase"] == phase])) for phase in PHASES}
    panels = {phase: shown for phase, shown in panels.items() if len(shown)}
    if not panels:
        return None
    order = _sorted([shown.set_index("label")[columns[1]] for shown in panels.values()])
    figure, axes = parts.rows_figure(len(order), len(panels))
    for axis, (phase, shown) in zip(axes, panels.items(), strict=True):
        parts.row_axis(axis, order)
        axis.set_title(f"{phase}, {count_text(int(shown['numel'].iloc[0]))} elements")
        axis.axvline(1.0, color=MUTED, linewidth=0.9)
        axis.grid(axis="x", color=GRID, linewidth=0.8)
        axis.xaxis.set_major_formatter(lambda share, _: f"{share * 100:.0f} %")
        axis.set_xlabel("share of this machine's bandwidth, better →")
        shown = shown.set_index("label")[columns].clip(upper=_FULLEST)
        rows = [order.index(label) for label in shown.index]
        parts.dumbbells(axis, rows, *(shown[name] for name in columns))
        for row in set(range(len(order))) - set(rows):
            parts.say(axis, row, 0.0, "not measured")
        axis.set_xlim(0, max(1.05, axis.get_xlim()[1]))
    parts.legend(figure, parts.VARIANT_LEGEND)
    return figure


def _large(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases of the largest size that at least half of the ops have: where bandwidth, not overhead, can bind."""
    if cases.empty:
        return cases
    ops = cases.groupby("numel")["label"].nunique()
    return cases[cases["numel"] == ops[ops >= 0.5 * ops.max()].index.max()]
