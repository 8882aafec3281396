"""Stored runs -> tidy frames, one row per measurement. Reading executes nothing and trusts nothing."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.record import Case, Measurement, RecordError
from benchmarks.record.field_types import Choice, field_type, types_of
from benchmarks.record.folder import RUN_FILE, read_run, read_whole_journal

#: In tables this small, Arrow's strings, which are pandas's default also for the names of columns, take a third longer.
pd.options.mode.string_storage = "python"

CASE_COLUMNS = tuple(f.name for f in fields(Case))
MEASUREMENT_COLUMNS = tuple(f.name for f in fields(Measurement) if f.name != "case")
COLUMNS = (*CASE_COLUMNS, *MEASUREMENT_COLUMNS)

_TYPES = {name: field_type((types_of(Case) | types_of(Measurement))[name]) for name in COLUMNS}
#: Texts by users or torch, which must not break a page.
_TEXT = [name for name, kind in _TYPES.items() if kind.base is str and not isinstance(kind.limit, Choice)]
#: Integers that may be None: pandas would turn such a column into floats; these stay exact.
_WHOLE = [name for name, kind in _TYPES.items() if kind.base is int and kind.optional]
#: Columns of floats, even where every value is None.
_REAL = [name for name, kind in _TYPES.items() if kind.base is float and kind.optional]
_LONGEST_TEXT = 2_000  #: characters; a longer name or reason is cut
_DEEPEST_FACT = 8  #: levels of run.json that are read; a hostile file nests until Python's stack overflows


@dataclass(frozen=True, eq=False)  # comparing frames gives no single answer
class StoredRun:
    """One stored run: its facts (`run.json`) and its measurements as a tidy frame.

    `frame` has a row per measurement in the journal's order: `run`, `case_number` (one number per case of the run),
    and the fields of `record.Case` and `record.Measurement`, with their names and units.
    """

    name: str
    folder: Path
    facts: dict
    frame: pd.DataFrame
    lone: tuple[Measurement, ...] = ()  #: lines without the other variant: in no frame and no ratio
    torn: int = 0  #: the number of lines that are not JSON


def load_runs(folders: Iterable[Path]) -> list[StoredRun]:
    """The runs in `folders`, each once, with unique names. RecordError, one line, for one that cannot be read."""
    distinct = {os.path.realpath(folder): folder for folder in folders}  # resolve() raises for a link to itself
    runs: list[StoredRun] = []
    for place, folder in distinct.items():
        name = printable(Path(place).name)
        taken = sum(run.name == name or run.name.startswith(f"{name} #") for run in runs)
        runs.append(load_run(folder, name if not taken else f"{name} #{taken + 1}"))
    return runs


def load_run(folder: Path, name: str | None = None) -> StoredRun:
    """The run stored in `folder`. RecordError, one line, where there is none or nothing was measured."""
    facts = _printable_tree(read_run(folder))
    name = name or printable(folder.resolve().name)
    journal = read_whole_journal(folder)
    rows = [measurement for pair in journal.pairs for measurement in pair]
    if not rows:
        left = f" ({len(journal.lone)} lone and {journal.torn} torn lines)" if journal.lone or journal.torn else ""
        raise RecordError(f"{folder}: the run holds no measurements{left}: finish it with RESUME=, or run again")
    return StoredRun(name, folder, facts, _frame(rows, name), journal.lone, journal.torn)


def newest_run(folder: Path) -> Path:
    """The newest run under `folder`, by name: names begin with the UTC time of the start.

    RecordError where there is no run, or where the newest folder cannot be examined.
    """
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name, reverse=True)
    except (FileNotFoundError, NotADirectoryError):
        entries = []
    except OSError as error:
        raise RecordError(f"{folder}: cannot be read: {error.strerror}") from None
    for entry in entries:
        if _holds_run(entry):
            return entry
    raise RecordError(f"{folder}: holds no run: make one with `make bench`, or name a run's folder")


def _holds_run(entry: Path) -> bool:
    """Whether there is a run.json, readable or not: an older run must not be taken in place of a newer, broken one."""
    try:
        (entry / RUN_FILE).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise RecordError(f"{entry}: cannot be read: {error.strerror}; name the run's folder that you mean") from None
    return True


def _frame(rows: list[Measurement], name: str) -> pd.DataFrame:
    numbers: dict[Case, int] = {}
    columns: dict[str, Any] = {"case_number": [numbers.setdefault(row.case, len(numbers)) for row in rows]}
    for column in CASE_COLUMNS:
        columns[column] = [getattr(row.case, column) for row in rows]
    for column in MEASUREMENT_COLUMNS:
        columns[column] = [getattr(row, column) for row in rows]
    for column in _TEXT:
        shown = printable if column == "reason" else printable_name
        columns[column] = [None if text is None else shown(text) for text in columns[column]]
    for column in _WHOLE:
        columns[column] = pd.array(columns[column], dtype="Int64")
    for column in _REAL:
        columns[column] = np.array(columns[column], dtype=float)
    frame = pd.DataFrame(columns)
    frame.insert(0, "run", name)
    return frame


@lru_cache(maxsize=65536)
def printable(text: str) -> str:
    """`text` without characters that could break a page, a terminal or an SVG file: control, bidirectional and lone
    surrogate characters become U+FFFD, line breaks and tabs a space."""
    if len(text) > _LONGEST_TEXT:
        text = text[:_LONGEST_TEXT] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


@lru_cache(maxsize=65536)
def printable_name(text: str) -> str:
    """As `printable`; a changed name ends in a digest of the original, so that names that would look alike stay
    different, and are the same in every run."""
    shown = printable(text)
    if shown == text:
        return text
    return f"{shown} #{sha256(text.encode(errors='surrogatepass')).hexdigest()[:6]}"


def _printable_tree(value: Any, depth: int = 0) -> Any:
    """Parsed JSON with every string made printable; values nested deeper than any run's facts become None."""
    if isinstance(value, str):
        return printable(value)
    if not isinstance(value, list | dict):
        return value
    if depth == _DEEPEST_FACT:
        return None
    if isinstance(value, list):
        return [_printable_tree(item, depth + 1) for item in value]
    return {printable_name(key): _printable_tree(item, depth + 1) for key, item in value.items()}
