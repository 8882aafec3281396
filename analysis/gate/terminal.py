"""A comparison on the terminal: the changes, worst first, and the answer on the last line."""

import textwrap
from collections.abc import Iterator

from analysis.gate import sentences
from analysis.gate.change import BETTER, VANISHED, WORSE
from analysis.gate.compare import Comparison
from analysis.gate.rows import ChangeRow, change_rows

_COLUMNS = 120
#: The most rows printed per state; the files have all.
_MOST = {WORSE: 20, VANISHED: 10, BETTER: 10}
_HEAD = ChangeRow("state", "op", "case", "what", "BASE", "HEAD", "change", "")


def comparison_lines(comparison: Comparison, hint: str = "") -> Iterator[str]:
    """The lines to print."""
    yield f"BASE {comparison.base.run.name}"
    yield f"HEAD {comparison.head.run.name}"
    if comparison.again is not None:
        yield f"confirmed by {comparison.again.run.name}"
    for sentence in sentences.comparison_sentences(comparison):
        yield from _wrapped(sentence)
    yield from _table(comparison)
    if sentences.ask_again(comparison):
        yield from _lines_of_code(comparison)
    yield ""
    yield f"{sentences.counts_line(comparison)}."
    if hint:
        yield from _wrapped(hint)
    yield sentences.gate_answer(comparison)


def _wrapped(sentence: str) -> list[str]:
    return textwrap.wrap(sentence.replace("\u00a0", " "), _COLUMNS, break_on_hyphens=False, break_long_words=False)


def _table(comparison: Comparison) -> Iterator[str]:
    shown, more = [], []
    for state, most in _MOST.items():
        found = change_rows(comparison, state)
        shown += found[:most]
        more += [f"and {len(found) - most:,} more {state}"] if len(found) > most else []
    if shown:
        yield ""
        cells = [[_cut(text) for text in row] for row in (_HEAD, *shown)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for row in cells:
            yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True) if width).rstrip()
    yield from more


def _lines_of_code(comparison: Comparison) -> Iterator[str]:
    """Of an answer of the advisor, the notes in full: they name lines of the user's code."""
    for row in change_rows(comparison, WORSE, BETTER):
        if row.note:
            yield from _wrapped(f"{row.pair}, {row.quantity}: {row.note}")


def _cut(text: str, most: int = 60) -> str:
    text = text.replace("\u00a0", " ")
    return text if len(text) <= most else text[: most - 1] + "…"
