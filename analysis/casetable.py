"""The whole case table: which columns it shows, and each cell as text with the value it sorts by."""

from collections.abc import Callable

import pandas as pd

from analysis import facts
from analysis.geomeans import Section
from analysis.tables import (
    arrow_text,
    bytes_text,
    count_text,
    faults_text,
    interval_text,
    known,
    percent_text,
    ratio_text,
    time_text,
)

#: Axes that are left out of the table, and named above it, where all cases agree on them.
_AXES = ("run", "family", "dtype", "layout", "device", "allocator", "threads")
_HEADINGS = {"label": "op", "numel": "size", "threads": "threads"}
#: Heading, the columns of `ratios.case_table` it shows, how they become text. Sorted by the last column.
_NUMBERS = (
    ("out-of-place", ("outofplace_time_s",), time_text),
    ("in-place", ("inplace_time_s",), time_text),
    ("speedup", ("speedup",), ratio_text),
    ("interval", ("speedup_low", "speedup_high"), interval_text),
)
_CONTEXT = (
    ("peak", ("outofplace_peak_bytes", "inplace_peak_bytes"), bytes_text),
    ("held", ("outofplace_held_bytes", "inplace_held_bytes"), bytes_text),
    ("step peak", ("outofplace_step_peak_bytes", "inplace_step_peak_bytes"), bytes_text),
    ("page faults", ("outofplace_page_faults", "inplace_page_faults"), faults_text),
    ("bandwidth", ("outofplace_bandwidth_ratio", "inplace_bandwidth_ratio"), percent_text),
)

Cell = tuple[str, str, str]  #: text, what it sorts by ("" for the text itself), a class beside its column's


def case_rows(sections: list[Section]) -> dict:
    """`common`: what all cases share; `headings`: (text, class) a column; `rows`: (title, cells) a case."""
    cases = pd.concat([section.every for section in sections], ignore_index=True)
    codes = _codes(sections)
    varying = [name for name in _AXES if cases[name].nunique() > 1]
    common = {name: cases[name].iloc[0] for name in _AXES if name not in varying}
    axes = ["label", "phase", "numel", *varying]
    context = [row for row in _CONTEXT if cases[list(row[1])].notna().any(axis=None)]
    headings = [(_HEADINGS.get(name, name), "number" if name == "numel" else "word") for name in axes]
    headings += [(name, "number") for name, _, _ in _NUMBERS] + [("verdict", "word")]
    headings += [(name, "number") for name, _, _ in context] + [("remarks", "remarks")]
    columns = [_axis_cells(cases, name) for name in axes]
    columns += [_number_cells(cases, names, text) for _, names, text in _NUMBERS] + [_verdicts(cases)]
    columns += [_number_cells(cases, names, _both(text)) for _, names, text in context] + [_remarks(cases)]
    titles = [codes.get((run, pair), "") for run, pair in zip(cases["run"], cases["pair"], strict=True)]
    return {
        "common": [(name, str(value)) for name, value in common.items() if name not in ("run", "family")],
        "headings": headings,
        # Columns are told apart by their place: a class on each of ten thousand cells would double the page.
        "numbers": ", ".join(f":nth-child({n})" for n, (_, kind) in enumerate(headings, start=1) if kind == "number"),
        "rows": list(zip(titles, zip(*columns, strict=True), strict=True)),
    }


def _codes(sections: list[Section]) -> dict[tuple[str, str], str]:
    """The code of both forms of each pair whose run tells it."""
    texts = {}
    for section in sections:
        for pair in section.every["pair"].unique():
            if forms := facts.code(section.run.facts, pair):
                texts[section.run.name, pair] = f"out-of-place: {forms[0]}   in-place: {forms[1]}"
    return texts


def _axis_cells(cases: pd.DataFrame, name: str) -> list[Cell]:
    if name == "numel":
        shapes = zip(cases["numel"], cases["shape"], strict=True)
        return [(count_text(n) if len(s) < 2 else "x".join(map(str, s)), str(n), "") for n, s in shapes]
    return [(str(value), "", "") for value in cases[name]]


def _number_cells(cases: pd.DataFrame, names: tuple[str, ...], text: Callable[..., str]) -> list[Cell]:
    """`text` of the columns' values; cells sort by the last of them."""
    cells = []
    for values in zip(*(cases[name].tolist() for name in names), strict=True):
        is_known = known(values[-1])
        cells.append((text(*values) if is_known else "", f"{values[-1]:.5g}" if is_known else "", ""))
    return cells


def _both(text: Callable[[float], str]) -> Callable[[float, float], str]:
    """`text` of both variants' values: 'out-of-place → in-place', or one text where they read the same."""

    def texts(outofplace: float, inplace: float) -> str:
        first, second = text(outofplace), text(inplace)
        return first if first == second else arrow_text(first, second)

    return texts


def _verdicts(cases: pd.DataFrame) -> list[Cell]:
    states = cases["state"].str.replace("_", " ").where(cases["state"] != "ok", "")
    states = states.mask(cases["bistable"], "bistable")
    return [
        (verdict, "", "verdict " + verdict.replace(" ", "-")) if verdict else (state, "", "verdict failed")
        for verdict, state in zip(cases["verdict"], states, strict=True)
    ]


def _remarks(cases: pd.DataFrame) -> list[Cell]:
    cells = []
    for reason, disturbed, small in zip(cases["reason"], cases["disturbed"], cases["below_floor"], strict=True):
        notes = [reason, "disturbed" if disturbed is True else None, "little signal" if small else None]
        cells.append(("; ".join(note for note in notes if note), "", ""))
    return cells
