"""The bytes of a case, and groups of ops that need the same. Bytes are deterministic, so they compare exactly."""

from collections.abc import Iterator

import pandas as pd

from analysis.numbers.quantities import (
    COUNTED,
    HELD_BYTES,
    PEAK_BYTES,
    STEP_PEAK_BYTES,
    Combination,
    Quantity,
    combine_passes,
    passes_differ,
)
from analysis.run.load import CASE_COLUMNS
from benchmarks.record import ITEM_BYTES, OK, VARIANTS

#: The memory pass runs under a heap regime of its own; a case's bytes do not depend on it.
MEMORY_KEY = [name for name in CASE_COLUMNS if name != "allocator"]


def input_bytes(numel: int, dtype: str) -> int | None:
    """Bytes of a case's own input (`N` in the tables); None for a dtype this code does not know."""
    size = ITEM_BYTES.get(dtype)
    return numel * size if size else None


def case_bytes(frame: pd.DataFrame) -> pd.DataFrame:
    """The bytes from a run's memory passes, by `bytes_key` (a number for each value of MEMORY_KEY): the case's first
    row number in `frame`, `<variant>_<bytes>`, `memory_state` (None where it is ok) and `memory_reason`: why a
    measurement failed, or which bytes differ between passes. Bytes that differ are left out.
    """
    columns = [column for quantity in COUNTED for column in quantity.columns]
    rows = frame[frame["kind"] == "memory"]
    keys = rows["bytes_key"].drop_duplicates()
    table = pd.DataFrame({"first_row": keys.index}, index=keys)
    table[["memory_state", "memory_reason"]] = pd.DataFrame(None, table.index, ["state", "reason"], dtype=object)
    good = rows[rows["state"] == OK]
    for variant in VARIANTS:
        grouped = good[good["variant"] == variant].groupby("bytes_key", sort=False)
        combinations: dict[Combination, None] = dict.fromkeys(quantity.over_passes for quantity in COUNTED)
        for how in combinations:
            names = [quantity.name for quantity in COUNTED if quantity.over_passes == how]
            counts = combine_passes(grouped[names], how).reindex(table.index)
            table[[f"{variant}_{name}" for name in names]] = counts
            if how == "exact":
                differing = passes_differ(grouped[names]).reindex(table.index, fill_value=False)
                for name in differing.columns[differing.any()]:
                    table.loc[differing[name], "memory_reason"] = f"{name} differ between passes"
    failed = rows[rows["state"] != OK].drop_duplicates("bytes_key")
    for key, state, reason in zip(failed["bytes_key"], failed["state"], failed["reason"], strict=True):
        table.loc[key, "memory_state"] = state
        table.loc[key, "memory_reason"] = reason
        table.loc[key, columns] = pd.NA
    return table


def memory_note(state: str | None, reason: str | None) -> str | None:
    """'memory: crashed: killed by signal 9': the state of `case_bytes`, for a case that also has times."""
    return f"memory: {': '.join(filter(None, (state, reason)))}" if state or reason else None


PEAK_NO_GRAPH, PEAK_FORWARD, HELD, PEAK_STEP = (
    "peak without autograd",
    "peak, forward",
    "held for backward",
    "peak, whole step",
)
#: The rows of the memory table: title, phase, which bytes.
QUESTIONS = (
    (PEAK_NO_GRAPH, "inference", PEAK_BYTES),
    (PEAK_FORWARD, "forward", PEAK_BYTES),
    (HELD, "forward", HELD_BYTES),
    (PEAK_STEP, "step", STEP_PEAK_BYTES),
)


def pair_bytes(cases: pd.DataFrame) -> pd.DataFrame:
    """A row per op (the cases' `label`) and question: `label, question, outofplace, inplace` in multiples of N.

    Each op is taken at its largest size, where the few bytes that an allocator rounds up weigh least. Where the phase
    of a question has no such bytes, those of any other phase count (held bytes belong to the forward of a `step`).
    """
    answers = []
    for question, phase, quantity in QUESTIONS:
        best: dict[str, tuple[tuple[bool, int], tuple]] = {}
        for label, of_phase, numel, dtype, *counts in _rows(cases, quantity):
            stands_in = quantity is not PEAK_BYTES and (of_phase == "inference") == (phase == "inference")
            asked = of_phase == phase or stands_in
            rank = (of_phase != phase, -numel)
            known = all(count is not pd.NA for count in counts)
            if asked and known and (label not in best or rank < best[label][0]):
                best[label] = rank, (numel, dtype, counts)
        for label, (_, (numel, dtype, counts)) in best.items():
            own = input_bytes(numel, dtype)
            if own:
                answers.append((label, question, *(count / own for count in counts)))
    return pd.DataFrame(answers, columns=["label", "question", *VARIANTS])


def _rows(cases: pd.DataFrame, quantity: Quantity) -> Iterator[tuple]:
    """(label, phase, numel, dtype, out-of-place bytes, in-place bytes) of each case; ten times slower by pandas."""
    columns = ["label", "phase", "numel", "dtype", *quantity.columns]
    return zip(*(cases[column].tolist() for column in columns), strict=True)


def ops_by_need(answers: pd.DataFrame) -> pd.DataFrame:
    """Groups of ops that need the same bytes, the largest first: `labels` (a list) and, per question, None or a pair
    (out-of-place, in-place) of multiples of N rounded to 2 decimals."""
    questions = [question for question, _, _ in QUESTIONS]
    by_op: dict[str, dict] = {}
    for label, question, *multiples in zip(*(answers[name].tolist() for name in answers), strict=True):
        by_op.setdefault(label, {})[question] = tuple(round(multiple, 2) for multiple in multiples)
    groups: dict[tuple, list[str]] = {}
    for label, needs in by_op.items():
        groups.setdefault(tuple(needs.get(question) for question in questions), []).append(label)
    rows = [{"labels": sorted(labels), **dict(zip(questions, key, strict=True))} for key, labels in groups.items()]
    rows.sort(key=lambda row: (-len(row["labels"]), row["labels"]))
    return pd.DataFrame(rows, columns=["labels", *questions])
