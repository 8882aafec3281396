"""Time and memory at once: a point per op, by its speedup and memory ratio, marked by its memory class.

Memory ratios are few and exact: ops with the same ratio share a row, spread so that none hides another. Along the axis
of speedup the place of a point is exact.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from analysis.cards.advice import SITUATIONS
from analysis.cards.card import Card
from analysis.report.html.anchors import Anchors
from analysis.report.html.op_summary import memory_class, op_summary
from analysis.report.scales import Scale, ratio_limits
from analysis.units import number_text, ratio_text
from benchmarks.autograd.record.safety import ANSWERS

WIDTH, _LEFT, _RIGHT = 700, 96, 16
_TITLE, _AXIS = 24, 38  #: space above each panel, and below the last
_TICKS = 15  #: more above the first, for its own line of ticks: a window may end before the last panel does
_DOT = 6.8  #: from one point to the next above it
_LOWEST, _HIGHEST = 19, 92  #: padding of a row
_MOST_ROWS = 6
_SAME = math.log(1.03)  #: memory ratios closer than this share a row: allocators round up
_LETTER = 6.0  #: width of one letter
_LONGEST = 20  #: letters of a name in the drawing


Op = tuple[float, float, Card]  #: speedup, memory ratio, card


@dataclass(frozen=True)
class Point:
    """One op: its place, the mark of its class, a description."""

    x: float
    y: float
    mark: int  #: its class, an index of ANSWERS
    anchor: str
    pair: str
    title: str


@dataclass(frozen=True)
class RatioRow:
    """The ops of one memory ratio."""

    top: float
    bottom: float
    text: str
    points: list[Point]

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True)
class SituationPanel:
    """A situation: its rows, the largest memory ratio first, and the names of the outermost points."""

    title: str
    title_y: float
    rows: list[RatioRow]
    names: list[tuple[float, float, str, str]]  #: x, y, text, text-anchor


@dataclass(frozen=True)
class ScatterPlot:
    """All panels, one below the other, on one axis of speedup."""

    width: int
    height: float
    left: int
    one: float  #: the place of 1x
    axis_y: float
    ticks: list[tuple[float, str]]
    panels: list[SituationPanel]
    keys: list[tuple[int, str, str]]  #: mark, class, how many ops
    description: str


def scatter_plot(cards: Sequence[Card], anchors: Anchors) -> ScatterPlot | None:
    """The plot of a section's cards; None where no op has both a speedup and a memory ratio."""
    found = {s: list(_points_of(cards, s)) for s in SITUATIONS}
    found = {situation: ops for situation, ops in found.items() if ops}
    if not found:
        return None
    limits = ratio_limits(speed for ops in found.values() for speed, _, _ in ops)
    scale = Scale(limits, _LEFT + 8, WIDTH - _RIGHT)
    panels, y = [], 0.0
    for situation, ops in found.items():
        advised = sum(any(each.situation == situation for each in card.advice) for card in cards)
        title_y, top = y + _TITLE - 9, y + _TITLE + (0 if panels else _TICKS)
        panels.append(_panel(_title(situation, len(ops), advised), title_y, ops, top, scale, anchors))
        y = panels[-1].rows[-1].bottom
    shown = {(card.family, card.pair): memory_class(card) for ops in found.values() for _, _, card in ops}
    counts = Counter(shown.values())
    keys = [(mark, word, number_text(counts[word], "op")) for mark, word in enumerate(ANSWERS) if counts[word]]
    ticks = scale.ticks(8)
    return ScatterPlot(WIDTH, y + _AXIS, _LEFT, scale.at(1), y + 6, ticks, panels, keys, _description(found))


def _points_of(cards: Sequence[Card], situation: str) -> Iterable[Op]:
    for card in cards:
        where = op_summary(card, situation)
        if where.speedup and where.memory_ratio:
            yield where.speedup, where.memory_ratio, card


def _title(situation: str, ops: int, advised: int) -> str:
    title = f"{situation[:1].upper()}{situation[1:]}: {number_text(ops, 'op')}"
    return f"{title} of {advised:,}; the others have no time or no bytes here" if advised > ops else title


def _panel(title: str, title_y: float, ops: list[Op], top: float, scale: Scale, anchors: Anchors) -> SituationPanel:
    rows = []
    for members in rows_of(ops):
        rows.append(_row(members, scale, top, anchors))
        top = rows[-1].bottom
    return SituationPanel(title, title_y, rows, _names(rows))


def rows_of(ops: list[Op]) -> list[list[Op]]:
    """The ops in rows by memory ratio, largest first: ratios within _SAME share a row, then the closest rows are merged
    until few are left."""
    rows: list[list[Op]] = []
    for op in sorted(ops, key=lambda op: (-op[1], op[0])):
        if rows and math.log(rows[-1][0][1] / op[1]) < _SAME:
            rows[-1].append(op)
        else:
            rows.append([op])
    while len(rows) > _MOST_ROWS:
        near = min(range(len(rows) - 1), key=lambda i: rows[i][-1][1] / rows[i + 1][0][1])
        rows[near : near + 2] = [rows[near] + rows[near + 1]]
    return rows


def _row(members: list[Op], scale: Scale, top: float, anchors: Anchors) -> RatioRow:
    """A row: points that would touch are placed alternately above and below its middle."""
    by_speed = sorted(members, key=lambda op: op[0])
    columns = [round(scale.at(speed) / _DOT) for speed, _, _ in by_speed]
    most = max(Counter(columns).values())
    height = min(max(_LOWEST, most * _DOT + 10), _HIGHEST)
    gap = min(_DOT, (height - 10) / most)
    points, taken = [], Counter()
    for column, (speed, ratio, card) in zip(columns, by_speed, strict=True):
        turn = taken[column]
        taken[column] += 1
        aside = (turn + 1) // 2 * (1 if turn % 2 else -1)
        points.append(
            Point(
                x=scale.at(speed),
                y=round(top + height / 2 + aside * gap, 1),
                mark=ANSWERS.index(memory_class(card)),
                anchor=anchors.op(card.family, card.pair),
                pair=card.pair,
                title=f"{card.pair}: speedup {ratio_text(speed)}, memory ratio {ratio_text(ratio)}",
            )
        )
    return RatioRow(top, top + height, _row_text([ratio for _, ratio, _ in members]), points)


def _row_text(ratios: list[float]) -> str:
    low, middle, high = min(ratios), median(ratios), max(ratios)
    if max(abs(math.log(low)), abs(math.log(high))) < _SAME:
        return "1x, the same"
    return ratio_text(middle) if math.log(high / low) < 2 * _SAME else f"{ratio_text(low)} to {ratio_text(high)}"


def _names(rows: list[RatioRow]) -> list[tuple[float, float, str, str]]:
    """The names of a row's two ends, where there is room for them."""
    names = []
    for row in rows:
        ends = dict.fromkeys((max(row.points, key=lambda point: point.x), min(row.points, key=lambda point: point.x)))
        for point, right in zip(ends, (True, False), strict=False):
            name = point.pair if len(point.pair) <= _LONGEST else point.pair[: _LONGEST - 1] + "…"
            low, high = _name_span(point.x, len(name) * _LETTER + 8, right)
            near = (other for other in row.points if other is not point and abs(other.y - point.y) < _DOT)
            if low > _LEFT and high < WIDTH and not any(low <= other.x <= high for other in near):
                names.append((point.x + (7 if right else -7), point.y + 3.6, name, "start" if right else "end"))
    return names


def _name_span(x: float, width: float, right: bool) -> tuple[float, float]:
    """The start and end of a name next to a point at `x`."""
    return (x + 2, x + width) if right else (x - width, x - 2)


def _description(found: dict[str, list[Op]]) -> str:
    """The plot in words, for screen readers."""
    parts = []
    for situation, ops in found.items():
        less = sum(ratio > math.exp(_SAME) for _, ratio, _ in ops)
        fast = sum(speed > 1 for speed, _, _ in ops)
        ours = number_text(len(ops), "op")
        parts.append(f"{situation}: of {ours} {fast:,} have a speedup above 1x and {less:,} need less memory")
    return f"Every op by speedup and memory ratio. {'; '.join(parts)}. The table of every op has the numbers."
