"""The safety matrix cell by cell: a row per pair, the answer to each question, and the pair's memory in training."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.right.safety import asked_questions
from analysis.run.load import printable, printable_name
from analysis.units import MISSING, arrow_text, difference_text, multiple_text
from benchmarks.autograd.record.known_wrong import explanation
from benchmarks.autograd.record.safety import (
    NO_CASE,
    NUMBER,
    PLAIN,
    REQUIRES_GRAD,
    WORKS,
    WRONG,
    SafetyCell,
    SafetyRow,
    Saved,
)
from benchmarks.record import VARIANTS

_CONDITIONS = {
    PLAIN: "",
    REQUIRES_GRAD: "where the other operand requires grad",
    NUMBER: "where the other operand is a number",
}


@dataclass(frozen=True)
class MatrixCell:
    """A cell of the matrix: its status, its text, and details about it."""

    status: str
    shown: str
    about: str


@dataclass(frozen=True)
class MemoryAnswer:
    """What the in-place variant does for memory in training, under one condition."""

    condition: str
    answer: str
    held: str
    peak: str
    about: str


def matrix_rows(rows: Sequence[SafetyRow]) -> list[tuple[str, str, str, list[MatrixCell], list[MemoryAnswer]]]:
    """A row per pair: (name, family, the code of both variants, a cell per question asked, its memory)."""
    questions = asked_questions(rows)
    return [
        (
            printable_name(row.name),
            printable_name(row.family),
            f"out-of-place: {printable(row.outofplace)}   in-place: {printable(row.inplace)}"
            + (f"   asked with {printable(row.inputs)}" if row.inputs else ""),
            [_cell(row, question) for question in questions],
            _memory(row),
        )
        for row in rows
    ]


def _cell(row: SafetyRow, question: str) -> MatrixCell:
    answer = row.cells.get(question, SafetyCell(NO_CASE, "not stored"))
    off = f"largest relative difference {difference_text(answer.error)}" if answer.error else ""
    why = (explanation(row.name, question) or "not explained") if answer.status == WRONG else ""
    counted = question == "version" and answer.status == WORKS
    about = "; ".join(filter(None, (printable(answer.text), off, why)))
    return MatrixCell(answer.status, printable(answer.text) if counted else "", "" if counted else about)


def _memory(row: SafetyRow) -> list[MemoryAnswer]:
    """The answers of a pair; those under another condition only where they differ."""
    answers: list[MemoryAnswer] = []
    for saved in row.saved:
        condition = _CONDITIONS[saved.condition] if answers else ""
        found = MemoryAnswer(
            condition, saved.answer, _multiples(saved, "held"), _multiples(saved, "peak"), _kinds(saved)
        )
        if not answers or (answers[0].answer, answers[0].held, answers[0].peak) != (
            found.answer,
            found.held,
            found.peak,
        ):
            answers.append(found)
    return answers


def _multiples(saved: Saved, what: str) -> str:
    counts = [getattr(saved, f"{variant}_{what}_bytes") for variant in VARIANTS]
    if not saved.input_bytes or None in counts:
        return MISSING
    return arrow_text(*(multiple_text(count / saved.input_bytes) for count in counts))


def _kinds(saved: Saved) -> str:
    if saved.reason:
        return printable(saved.reason)
    out, into = (printable(" and ".join(kinds)) or "nothing" for kinds in (saved.outofplace, saved.inplace))
    return f"saves for backward: {arrow_text(out, into)}"
