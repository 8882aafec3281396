"""The safety matrix on the terminal: all of one pair, the whole in a few lines, and what another torch answers."""

import textwrap
from collections import Counter
from collections.abc import Sequence

from benchmarks.autograd.safety.cells import CRASHED, HUNG, NARROWS, QUESTIONS, WORKS, WRONG, Cell
from benchmarks.autograd.safety.differences import Difference
from benchmarks.autograd.safety.rows import ANSWERS, PLAIN, SafetyRow, Saved

WIDTH = 110


def block(row: SafetyRow) -> str:
    """All that is known of one pair."""
    lines = [f"{row.name}: {row.outofplace}  |  {row.inplace}"]
    for column, question in QUESTIONS.items():
        found = row.cells[column]
        lines += _field(f"{found.status}{_error(found)}", question + (f": {found.text}" if found.text else ""))
    for each in row.saved:
        lines += _field("memory", _memory_text(each))
    return "\n".join(lines) + "\n"


def summary(rows: Sequence[SafetyRow]) -> str:
    """How many pairs answer each question how; which are silently wrong; what training saves."""
    lines = [f"{len(rows)} pairs, {sum(len(row.cells) for row in rows):,} cells"]
    for column, question in QUESTIONS.items():
        counts = Counter(row.cells[column].status for row in rows)
        lines += _field(column, f"{question}: " + ", ".join(f"{n} {status}" for status, n in counts.most_common()))
    for status in (WRONG, CRASHED, HUNG, NARROWS):
        for column in QUESTIONS:
            names = [row.name for row in rows if row.cells[column].status == status]
            if names:
                lines += _field(status, f"{column}: {_some(names)}")
    plain = Counter(each.answer for row in rows for each in row.saved if each.condition == PLAIN)
    lines += _field("memory", "saves memory in training: " + ", ".join(f"{plain[a]} {a}" for a in ANSWERS if plain[a]))
    return "\n".join(lines)


def difference_lines(found: Sequence[Difference]) -> list[str]:
    """What is answered differently elsewhere: a line a question and change."""
    return [f"{d.question}: {d.there} there, {d.here} here: {_some(list(d.names))}" for d in found]


def _memory_text(each: Saved) -> str:
    where = "" if each.condition == PLAIN else f", {each.condition}"
    if not each.inplace and each.reason:
        return f"{each.answer}{where} ({each.reason})"
    held = f"held {_multiple(each.outofplace_held_bytes, each)} -> {_multiple(each.inplace_held_bytes, each)}"
    peak = f"peak {_multiple(each.outofplace_peak_bytes, each)} -> {_multiple(each.inplace_peak_bytes, each)}"
    saves = f"saves {_kinds(each.outofplace)} -> {_kinds(each.inplace)}"
    return f"{each.answer}{where}; {saves}; {held}, {peak}"


def _multiple(count: int | None, each: Saved) -> str:
    return "?" if count is None or not each.input_bytes else f"{count / each.input_bytes:.3g}N"


def _kinds(kinds: tuple[str, ...]) -> str:
    return " and ".join(kinds) or "nothing"


def _error(found: Cell) -> str:
    return f" ({found.error:.2g})" if found.error and found.status in (WORKS, WRONG) else ""


def _some(names: list[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _field(label: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"  {label:16} ", subsequent_indent=" " * 19) or [f"  {label}"]
