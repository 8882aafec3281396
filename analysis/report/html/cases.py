"""The table of every case: its columns, and each cell as text, with the numbers for sorting and copying."""

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
    interval_text,
    known,
    percent_text,
    ratio_text,
    size_text,
    time_text,
    variants_text,
)
from benchmarks.record import PROSE


def _both(text: Callable[[float], str]) -> Callable[[float, float], str]:
    return lambda outofplace, inplace: variants_text(text(outofplace), text(inplace))


#: Axes that are named above the table where all cases agree on them.
_AXES = ("run", "family", "dtype", "layout", "operand", "other_requires_grad", "device", "allocator", "threads")
#: Axes in a case's label: 'add (transposed, broadcast) + grad'. They have no column.
_IN_LABEL = ("layout", "operand", "other_requires_grad")
#: Axes in neither label, phase nor size: a case's id needs them.
_UNTOLD = ("device", "allocator", "threads", "run")
_HEADINGS = {"label": "op", "numel": "size", "other_requires_grad": "other's grad", "allocator": "heap"}
#: Heading, the columns of `ratios.case_table` that it shows, their format. It sorts by the last of them.
_NUMBERS = (
    *((words, (f"{variant}_time_s",), time_text) for variant, words in PROSE.items()),
    ("speedup", ("speedup",), ratio_text),
    ("interval", ("speedup_low", "speedup_high"), interval_text),
)
#: The same for host and felt times: shown where a case has them.
_HOST = (
    ("host time", ("outofplace_host_time_s", "inplace_host_time_s"), _both(time_text)),
    ("host speedup", ("host_speedup",), ratio_text),
    ("host interval", ("host_speedup_low", "host_speedup_high"), interval_text),
    ("felt", ("felt_speedup",), ratio_text),
    ("felt interval", ("felt_speedup_low", "felt_speedup_high"), interval_text),
)
_WORDS = (("felt verdict", "felt_verdict"), ("cache", "cache"))
#: Columns of both variants, shown where a case has values; columns of a fault, where a value is not 0.
_CONTEXT = (
    *((quantity.heading, quantity.columns, quantity.text) for quantity in SHOWN),
    ("bandwidth", ("outofplace_bandwidth_ratio", "inplace_bandwidth_ratio"), percent_text),
)
_FAULTS = tuple(quantity.columns for quantity in SHOWN if quantity.fault)

#: The columns that a narrow window leaves out, in this order; all that are in neither list come before them.
_LEFT_OUT = (
    "bandwidth",
    "page faults",
    "family",
    "step peak",
    "held",
    "device",
    "threads",
    "remarks",
    "heap",
    "peak",
)
_STAY = (
    "op",
    "run",
    "phase",
    "size",
    *PROSE.values(),
    "speedup",
    "interval",
    "verdict",
    "felt",
    "felt verdict",
    "peak",
    "dtype",
)

CellTexts = tuple[
    str, str, str
]  #: text, the raw numbers behind it ("" for the text itself), a class in addition to its column's


@dataclass(frozen=True)
class Heading:
    """A column: its heading, its kind (number or word), and the names under which its raw values are copied."""

    text: str
    kind: str
    csv: str
    filtered: bool = False

    @property
    def extra(self) -> int:
        """Where a window is too narrow: columns are left out from the highest number down; 0 for one that stays."""
        if self.text in _LEFT_OUT:
            return len(_LEFT_OUT) - _LEFT_OUT.index(self.text)
        return 0 if self.text in _STAY else len(_LEFT_OUT) + 1


@dataclass(frozen=True)
class CaseLine:
    """A case: its id, its op's card, its options to repeat it (an index of `CasesPage.repeats`), its cells."""

    id: str
    op: str
    repeat: int
    cells: tuple[CellTexts, ...]

    @property
    def numbers(self) -> str:
        """The raw numbers behind all cells: in one attribute of the row they take half the bytes."""
        return "|".join(raw for _, raw, _ in self.cells).rstrip("|")


@dataclass(frozen=True)
class CasesPage:
    """All cases of a report. `common`: the values that all share; `repeats`: options that follow an op's command."""

    common: list[tuple[str, str]]
    headings: list[Heading]
    rows: list[CaseLine]
    repeats: list[str]


def cases_page(
    sections: Sequence[Section], cards: Sequence[Card], anchors: Anchors, names: Sequence[str] | None = None
) -> CasesPage:
    """The table of all sections' cases; `cards` are the sections' cards, in order; `names`: of the sections, if not
    their own."""
    named = zip(sections, names or section_names(sections), strict=True)
    cases = pd.concat([section.all_cases.assign(run=name) for section, name in named], ignore_index=True)
    varying = [name for name in _AXES if cases[name].nunique() > 1]
    in_run = ("device",) if "run" in varying else ()  # a section is one run on one device, and its name says both
    shown = [name for name in varying if name not in (*_IN_LABEL, *in_run)]
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
    kinds = {name: "word axis wraps" if name == "run" else "word axis" for name in shown}
    headings += [Heading(_HEADINGS.get(name, name), kind, name, True) for name, kind in kinds.items()]
    headings += [Heading("remarks", "remarks", "remarks")]
    columns = [_axis_cells(cases, name) for name in ("label", "phase", "numel")]
    columns += [_number_cells(cases, names, text) for _, names, text in _NUMBERS] + [_verdicts(cases)]
    columns += [_number_cells(cases, names, text) for _, names, text in host]
    columns += [[_verdict_cell(word, "") for word in cases[column]] for _, column in words]
    columns += [_number_cells(cases, names, _both(text)) for _, names, text in context]
    columns += [*(_axis_cells(cases, name) for name in shown), _remarks(cases)]
    in_ids = [name for name in _UNTOLD if name in varying and name not in in_run]
    ids = case_ids(cases.assign(run=_numbers(cases["run"])), in_ids)
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


def _numbers(runs: pd.Series) -> pd.Series:
    """Each section's number in a report of several: names would be most of an id."""
    return pd.Series([f"run{number + 1}" for number in pd.factorize(runs)[0]], index=runs.index)


def _any_known(cases: pd.DataFrame, names: tuple[str, ...]) -> bool:
    values = cases[list(names)]
    return bool(((values > 0) if names in _FAULTS else values.notna()).any(axis=None))


def _repeats(cards: Sequence[Card]) -> tuple[list[str], list[int]]:
    """The options that, after an op's command, repeat one case: each text once, and each case's index into them."""
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
    """The columns' values formatted by `text`, with the raw values ("" if unknown); empty where none is known."""
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
