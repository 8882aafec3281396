"""Changes that need no test: bytes, and whether a case still works."""

from collections.abc import Iterator

import pandas as pd

from analysis.gate.change import BETTER, UNCHANGED, UNRESOLVED, WORSE, Change
from analysis.gate.gated_run import Row
from analysis.numbers.memory import memory_note
from analysis.numbers.quantities import GATED
from benchmarks.record import OK, VARIANTS

#: Failures that a busy machine may cause; the code causes the others.
FLAKY = ("crashed", "hung", "out_of_memory")

_COLUMNS = [f"{variant}_{quantity.name}" for variant in VARIANTS for quantity in GATED]


def byte_changes(base: Row, head: Row) -> Iterator[Change]:
    """The change of each count of bytes that both runs have for a case. Counts are exact: one byte is a change."""
    for column in _COLUMNS:
        before, after = base[column], head[column]
        if pd.notna(before) and pd.notna(after):
            state = WORSE if after > before else BETTER if after < before else UNCHANGED
            yield Change(column, state, int(before), int(after))


def failure_state(row: Row) -> str:
    """How a case failed, in a timed or in a memory pass; empty where it works."""
    of_bytes = row["memory_state"]
    return row["state"] if row["state"] != OK else of_bytes if isinstance(of_bytes, str) else ""


def lost_bytes(base: Row, head: Row) -> str:
    """Why HEAD has no bytes where BASE has some; empty where it has them."""
    if not any(pd.notna(base[column]) and pd.isna(head[column]) for column in _COLUMNS):
        return ""
    return memory_note(head["memory_state"], head["memory_reason"]) or "HEAD did not measure its bytes"


def failing_state(base: Row, head: Row, elsewhere: bool) -> tuple[str, str] | None:
    """State and reason of a case that does not work in one of the runs; None where it works in both.

    Another machine (`elsewhere`) may lack what the case needs: that is no regression of the code.
    """
    before, after = base["state"], head["state"]
    if before == OK and after == OK:
        return None
    reason = head["reason"] if after != OK else base["reason"]
    said = f"{after.replace('_', ' ')} in HEAD" if after != OK else f"{before.replace('_', ' ')} in BASE"
    said += f": {reason}" if isinstance(reason, str) else ""
    if before == OK:
        return (UNRESOLVED if elsewhere else WORSE), said
    return (BETTER if after == OK else UNCHANGED), said
