"""A comparison as rows of text: which cases changed, in which quantity, from what to what; worst first."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import NamedTuple

from analysis.gate.change import STATES, UNRESOLVED, WORSE, Change, JudgedCase
from analysis.gate.compare import Comparison
from analysis.gate.gated_run import ALL_TIMES, FELT_SPEEDUP, SPEEDUP, SPEEDUPS
from analysis.numbers.felt import FELT_TIMES, TIMES
from analysis.numbers.quantities import GATED
from analysis.run.facts import labels
from analysis.units import change_text, ratio_text, size_text, time_text
from benchmarks.record import PROSE, Case

#: Usual values of an axis, which are not named.
_USUAL = {
    "dtype": ("float32",),
    "layout": ("contiguous", "parameters"),
    "operand": ("none", "same"),
    "other_requires_grad": (False,),
    "device": ("cpu",),
    "allocator": ("retained", "inherited", "caching"),
}
#: How counted quantities are formatted, by column.
_COUNT_TEXTS = {column: quantity.text for quantity in GATED for column in quantity.columns}
#: Compared quantities by their column: the variant's number, None for a speedup, and the name in prose.
_QUANTITIES: Mapping[str, tuple[int | None, str]] = {
    SPEEDUP: (None, "speedup"),
    FELT_SPEEDUP: (None, "felt speedup"),
    **{
        column: (number, name)
        for name, columns in (
            ("time", TIMES),
            ("felt time", FELT_TIMES),
            *((quantity.prose, quantity.columns) for quantity in GATED),
        )
        for number, column in enumerate(columns)
    },
}
_NAMED = ("family", "pair", "phase", "numel", "shape", *_USUAL)


class ChangeRow(NamedTuple):
    """One change of one case; `change` holds the interval where there is one."""

    state: str
    pair: str
    case: str
    quantity: str
    base: str
    head: str
    change: str
    note: str


def change_rows(comparison: Comparison, *states: str) -> list[ChangeRow]:
    """A row per change that gave a case one of `states` (the case alone where no change did), worst first."""
    name = case_namer([judged.case for judged in comparison.cases])
    chosen = [judged for judged in comparison.cases if judged.state in states]
    chosen.sort(key=lambda judged: (STATES.index(judged.state), -_growth(judged), judged.case))
    facts = comparison.head.run.facts
    return [row for each in chosen for row in _of_case(each, name(each.case), labels(facts, each.case.pair))]


def _growth(judged: JudgedCase) -> float:
    """How much worse a case got; infinite where it no longer works."""
    telling = _deciding_changes(judged)
    if not judged.changes or (judged.state == WORSE and not telling):
        return math.inf
    return max(change.growth for change in telling or judged.changes)


def _deciding_changes(judged: JudgedCase) -> list[Change]:
    """The changes that gave a case its state, worst first."""
    wanted = [change for change in judged.changes if change.state == judged.state]
    if judged.state == UNRESOLVED:  # times alone leave a case unresolved only where they are suspect
        wanted = [change for change in wanted if change.quantity in SPEEDUPS or change.suspect]
    return sorted(wanted, key=lambda change: -change.growth)


def _of_case(judged: JudgedCase, name: str, called: tuple[str, str]) -> list[ChangeRow]:
    telling = _deciding_changes(judged)
    if not telling:
        return [ChangeRow(judged.state, judged.case.pair, name, "", "", "", "", judged.reason)]
    return [
        ChangeRow(judged.state, judged.case.pair, name, quantity_text(each.quantity, called), *numbers_text(each), note)
        for each in telling
        for note in ["; ".join(filter(None, (each.note, judged.reason)))]
    ]


def quantity_text(quantity: str, called: Sequence[str] = tuple(PROSE.values())) -> str:
    """'speedup', 'felt speedup', 'in-place time', 'out-of-place peak bytes'. `called`: what the variants are called."""
    number, said = _QUANTITIES[quantity]
    if number is None:
        return said
    name = called[number]
    return f"{name}{':' if name != tuple(PROSE.values())[number] else ''} {said}"


def numbers_text(change: Change) -> tuple[str, str, str]:
    """A quantity in BASE, in HEAD, and its change, with the interval where there is one."""
    ratios = shares(change)
    if ratios is None:
        added = change.head - change.base
        sign = "+" if added > 0 else "-"
        text = _COUNT_TEXTS[change.quantity]
        return text(change.base), text(change.head), f"{sign}{text(abs(added))}" if added else "none"
    text = time_text if change.quantity in ALL_TIMES else ratio_text
    ratio, *ends = ratios
    return (
        text(change.base),
        text(change.head),
        f"{change_text(ratio)} ({' to '.join(map(change_text, sorted(ends)))})",
    )


def shares(change: Change) -> tuple[float, float, float] | None:
    """HEAD / BASE of a quantity measured in passes, and the ends of its interval; None for a counted one."""
    if change.difference is None or change.low is None or change.high is None:
        return None
    sign = -1 if change.quantity in SPEEDUPS else 1
    return math.exp(sign * change.difference), math.exp(sign * change.low), math.exp(sign * change.high)


def case_namer(cases: Sequence[Case]) -> Callable[[Case], str]:
    """Names a case among those of its pair: 'inference, 1 Mi', 'step, 64 Ki, bfloat16, fresh'.

    An axis is named where its value is not the usual one; an axis without a usual value, where the cases differ in it.
    """
    others = [field.name for field in fields(Case) if field.name not in _NAMED]
    differing = [name for name in others if len({getattr(case, name) for case in cases}) > 1]

    def name(case: Case) -> str:
        unusual = [axis for axis, usual in _USUAL.items() if getattr(case, axis) not in usual]
        words = ["other requires grad" if axis == "other_requires_grad" else getattr(case, axis) for axis in unusual]
        words += [f"{axis} {getattr(case, axis)}" for axis in differing]
        return ", ".join([case.phase, size_text(case.numel, case.shape), *words])

    return name
