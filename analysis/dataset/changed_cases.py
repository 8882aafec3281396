"""The cases of two versions on one place: a row per reversed verdict, and per change of bytes or state."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.across.matched_cases import CASE_KEY, one_per_key
from analysis.across.place_change import BYTES_MOVED, STATE, VERDICT
from analysis.dataset.parquet_runs import COUNTED_BYTES
from analysis.units import exact_bytes_text, ratio_text
from benchmarks.record import OK, PROSE
from benchmarks.record.interval import FASTER, SLOWER

#: What may change between two versions, in the order in which it is listed.
KINDS_OF_CHANGE = (VERDICT, BYTES_MOVED, STATE)
_BYTES = {
    column: f"{PROSE[variant]} {quantity.short}"
    for quantity in COUNTED_BYTES
    for variant, column in zip(PROSE, quantity.columns, strict=True)
}
_VALUES = ["label", "state", "verdict", "speedup", *_BYTES]
#: The columns that both functions below need. `heap` is derived from the allocator.
SHOWN_OF_CASES = [*(name for name in CASE_KEY if name != "heap"), *_VALUES]
_ROW = ["kind", "pair", "case", "size", "before", "after"]


def keyed_cases(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the cases of one place, indexed by their keys as on the page of a few runs, one row per key."""
    plain = {name: cases[name].astype(object) for name in SHOWN_OF_CASES if cases[name].dtype == "category"}
    return one_per_key(cases.assign(**plain))[_VALUES]


@dataclass(frozen=True)
class ChangedCases:
    """How many cases two versions share (`compared`), in how many anything changed, and a row per change.

    `rows`: `kind`, `pair`, `case`, `before` and `after` in words, `size` (a natural log, to sort by). A case has a row
    per kind of change. If several counts of bytes changed, the row is the largest change.
    """

    compared: int
    changed: int
    rows: pd.DataFrame


def changed_cases(before: pd.DataFrame, after: pd.DataFrame) -> ChangedCases:
    """Return what changed in the cases that both have. `before`, `after`: results of `keyed_cases`."""
    both = before.add_suffix("_was").join(after.add_suffix("_is"), how="inner")
    found = [rows for rows in _changes(both) if len(rows)]
    if not found:
        return ChangedCases(len(both), 0, pd.DataFrame(columns=_ROW))
    rows = pd.concat(found)
    return ChangedCases(len(both), int((~rows.index.duplicated()).sum()), rows.reset_index(drop=True))


def _changes(both: pd.DataFrame) -> Iterator[pd.DataFrame]:
    was, now = both["verdict_was"], both["verdict_is"]
    turned = both[((was == FASTER) & (now == SLOWER)) | ((was == SLOWER) & (now == FASTER))]
    size = np.log(turned["speedup_is"] / turned["speedup_was"]).abs()
    texts = [_joined(turned[f"speedup_{end}"].map(ratio_text), turned[f"verdict_{end}"]) for end in ("was", "is")]
    yield _rows(turned, VERDICT, size, texts)
    yield _bytes(both)
    broken = both[(both["state_was"] == OK) != (both["state_is"] == OK)]
    yield _rows(broken, STATE, pd.Series(0.0, broken.index), [broken["state_was"], broken["state_is"]])


def _bytes(both: pd.DataFrame) -> pd.DataFrame:
    """Return a row per case whose bytes changed: the count that changed most."""
    parts = []
    for column, words in _BYTES.items():
        was, now = both[f"{column}_was"], both[f"{column}_is"]
        moved = both[was.notna() & now.notna() & (was != now)]
        was, now = was[moved.index].astype(float), now[moved.index].astype(float)
        size = np.log(np.maximum(now, 1) / np.maximum(was, 1)).abs()
        texts = [side.map(exact_bytes_text) for side in (was, now)]
        parts.append(_rows(moved, BYTES_MOVED, size, texts, f": {words}"))
    rows = pd.concat(parts).sort_values("size", ascending=False, kind="stable")
    return rows[~rows.index.duplicated()]


def _rows(cases: pd.DataFrame, kind: str, size: pd.Series, texts: list[pd.Series], what: str = "") -> pd.DataFrame:
    index = cases.index.to_frame()
    shape = index["scale"].where(index["scale"] > 0, index["shape"])
    case = [
        f"{', '.join(map(str, words))}{what}" for words in zip(cases["label_is"], index["phase"], shape, strict=True)
    ]
    values = (kind, index["pair"], case, size, *texts)
    return pd.DataFrame(dict(zip(_ROW, values, strict=True)), index=cases.index)


def _joined(numbers: pd.Series, words: pd.Series) -> pd.Series:
    return pd.Series(
        [f"{number} {word}" for number, word in zip(numbers, words, strict=True)], words.index, dtype=object
    )
