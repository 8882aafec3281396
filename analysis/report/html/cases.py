"""Every case: which columns its table shows, and each cell as text with the numbers it sorts by and is copied as."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.cards.card import Card
from analysis.numbers.case_row import labelled_rows
from analysis.numbers.quantities import SHOWN
from analysis.numbers.remarks import remarks
from analysis.report.html.anchors import Anchors, case_ids
from analysis.report.html.runs import section_names
from analysis.section import Section
from analysis.units import (
    arrow_text,
    interval_text,
    known,
    percent_text,
    ratio_text,
    size_text,
    time_text,
)
from benchmarks.record import PROSE


def _both(text: Callable[[float], str]) -> Callable[[float, float], str]:
    """`text` of both variants' values: 'out-of-place → in-place', or one text where they read the same."""

    def texts(outofplace: float, inplace: float) -> str:
        first, second = text(outofplace), text(inplace)
        return first if first == second else arrow_text(first, second)

    return texts


#: Axes that are named above the table where all cases agree on them.
_AXES = ("run", "family", "dtype", "layout", "operand", "other_requires_grad", "device", "allocator", "threads")
#: Of these, those that a case's label tells: 'add (transposed, broadcast) + grad'. They have no column.
_IN_LABEL = ("layout", "operand", "other_requires_grad")
#: And those that neither label nor phase nor size tell: a case's id needs them.
_UNTOLD = ("device", "allocator", "threads", "run")
_HEADINGS = {"label": "op", "numel": "size", "other_requires_grad": "other's grad", "allocator": "heap"}
#: Heading, the columns of `ratios.case_table` it shows, how they become text. Sorted by the last column.
_NUMBERS = (
    *((words, (f"{variant}_time_s",), time_text) for variant, words in PROSE.items()),
    ("speedup", ("speedup",), ratio_text),
    ("interval", ("speedup_low", "speedup_high"), interval_text),
)
#: The same of the host's times, and what a user feels of both: shown where a case has them.
_HOST = (
    ("host time", ("outofplace_host_time_s", "inplace_host_time_s"), _both(time_text)),
    ("host speedup", ("host_speedup",), ratio_text),
    ("host interval", ("host_speedup_low", "host_speedup_high"), interval_text),
    ("felt", ("felt_speedup",), ratio_text),
    ("felt interval", ("felt_speedup_low", "felt_speedup_high"), interval_text),
)
_WORDS = (("felt verdict", "felt_verdict"), ("cache", "cache"))
#: Columns of both variants that are shown where a case has them; of a fault, where a case has any.
_CONTEXT = (
    *((quantity.heading, quantity.columns, quantity.text) for quantity in SHOWN),
    ("bandwidth", ("outofplace_bandwidth_ratio", "inplace_bandwidth_ratio"), percent_text),
)
_FAULTS = tuple(quantity.columns for quantity in SHOWN if quantity.fault)

CellTexts = tuple[
    str, str, str
]  #: text, the raw numbers behind it ("" for the text itself), a class beside its column's


@dataclass(frozen=True)
class Heading:
    """A column: its heading, number or word, and by which names its raw values are copied."""

    text: str
    kind: str
    csv: str
    filtered: bool = False


@dataclass(frozen=True)
class CaseLine:
    """A case: its id, its op's card, what repeats it (a place in `CasesPage.repeats`), its cells."""

    id: str
    op: str
    repeat: int
    cells: tuple[CellTexts, ...]


@dataclass(frozen=True)
class CasesPage:
    """All cases of a report. `common`: what they share; `repeats`: options that follow an op's own command."""

    common: list[tuple[str, str]]
    headings: list[Heading]
    rows: list[CaseLine]
    repeats: list[str]


def cases_page(sections: Sequence[Section], cards: Sequence[Card], anchors: Anchors) -> CasesPage:
    """The table of all sections' cases; `cards` are theirs, in their order."""
    named = zip(sections, section_names(sections), strict=True)
    cases = pd.concat([section.all_cases.assign(run=name) for section, name in named], ignore_index=True)
    varying = [name for name in _AXES if cases[name].nunique() > 1]
    shown = [name for name in varying if name not in _IN_LABEL]
    context = [row for row in _CONTEXT if _any_known(cases, row[1])]
    host = [row for row in _HOST if _any_known(cases, row[1])]
    words = [row for row in _WORDS if _any_known(cases, row[1:])]
    headings = [
        Heading("op", "word", "op"),
        Heading("phase", "word", "phase", True),
        Heading("size", "number", "numel"),
    ]
    headings += [Heading(name, "number", " ".join(columns)) for name, columns, _ in _NUMBERS]
    headings += [Heading("verdict", "word", "verdict", True)]
    headings += [Heading(name, "number", " ".join(columns)) for name, columns, _ in host]
    headings += [Heading(name, "word", column, True) for name, column in words]
    headings += [Heading(name, "number", " ".join(columns)) for name, columns, _ in context]
    headings += [Heading(_HEADINGS.get(name, name), "word axis", name, True) for name in shown]
    headings += [Heading("remarks", "remarks", "remarks")]
    columns = [_axis_cells(cases, name) for name in ("label", "phase", "numel")]
    columns += [_number_cells(cases, names, text) for _, names, text in _NUMBERS] + [_verdicts(cases)]
    columns += [_number_cells(cases, names, text) for _, names, text in host]
    columns += [[_verdict_cell(word, "") for word in cases[column]] for _, column in words]
    columns += [_number_cells(cases, names, _both(text)) for _, names, text in context]
    columns += [*(_axis_cells(cases, name) for name in shown), _remarks(cases)]
    ids = case_ids(cases, [name for name in _UNTOLD if name in varying])
    ops = [anchors.op(family, pair) for family, pair in zip(cases["family"], cases["pair"], strict=True)]
    repeats, places = _repeats(cards)
    common = [(_HEADINGS.get(name, name), _word(cases[name].iloc[0])) for name in _AXES if name not in varying]
    rows = zip(ids, ops, places, zip(*columns, strict=True), strict=True)
    return CasesPage(
        [pair for pair in common if pair[0] not in ("run", "family")],
        headings,
        [CaseLine(*row) for row in rows],
        repeats,
    )


def _any_known(cases: pd.DataFrame, names: tuple[str, ...]) -> bool:
    values = cases[list(names)]
    return bool(((values > 0) if names in _FAULTS else values.notna()).any(axis=None))


def _repeats(cards: Sequence[Card]) -> tuple[list[str], list[int]]:
    """What follows an op's command to repeat one case of it: each text once, and which one a case has."""
    places: dict[str, int] = {}
    of_cases = [places.setdefault(case.repeat, len(places)) for card in cards for case in card.cases]
    return list(places), of_cases


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _axis_cells(cases: pd.DataFrame, name: str) -> list[CellTexts]:
    if name == "numel":
        shapes = zip(cases["numel"], cases["shape"], strict=True)
        return [(size_text(n, s), str(n), "") for n, s in shapes]
    return [(_word(value), "", "") for value in cases[name].tolist()]


def _number_cells(cases: pd.DataFrame, names: tuple[str, ...], text: Callable[..., str]) -> list[CellTexts]:
    """`text` of the columns' values, and the values, empty where one is not known; nothing where none is."""
    cells = []
    for values in zip(*(cases[name].tolist() for name in names), strict=True):
        if not any(map(known, values)):
            cells.append(("", "", ""))
            continue
        raw = ",".join(map(_raw, values))
        cells.append((text(*values), "" if raw == "0,0" else raw, ""))
    return cells


def _raw(value: float | None) -> str:
    if not known(value):
        return ""
    whole = not isinstance(value, float) or value.is_integer()  # bytes are exact
    return f"{value:.0f}" if whole else f"{value:.4g}"


def _verdicts(cases: pd.DataFrame) -> list[CellTexts]:
    states = cases["state"].str.replace("_", " ").where(cases["state"] != "ok", "")
    states = states.mask(cases["bistable"], "bistable")
    return [_verdict_cell(*each) for each in zip(cases["verdict"], states, strict=True)]


def _verdict_cell(verdict: str | None, state: str) -> CellTexts:
    return (verdict, "", verdict.replace(" ", "-")) if verdict else (state, "", "failed" if state else "")


def _remarks(cases: pd.DataFrame) -> list[CellTexts]:
    cells = []
    for case in labelled_rows(cases):
        notes = [case.reason, *remarks(case)]
        cells.append(("; ".join(note for note in notes if note), "", ""))
    return cells
