"""The safety matrix as text: sentences, the answers to each question, and the cells of other torches."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from analysis.right.truth import Truth, Where, where_text
from analysis.run.load import printable
from analysis.units import names_text, number_text
from benchmarks.autograd.record.differences import Difference, changed_answers
from benchmarks.autograd.record.known_wrong import explanation
from benchmarks.autograd.record.questions import SHORT_QUESTIONS
from benchmarks.autograd.record.safety import (
    ANSWERS,
    CRASHED,
    HUNG,
    NARROWS,
    NO_CASE,
    NUMBER,
    PLAIN,
    QUESTIONS,
    RAISES,
    REQUIRES_GRAD,
    WORKS,
    WRONG,
    YES,
    SafetyCell,
    SafetyRow,
)
from benchmarks.record import VARIANTS

#: Each status, in the order of the legend, and its meaning.
LEGEND = {
    WORKS: "the same values and gradients as out-of-place",
    RAISES: "refused with an error",
    NARROWS: "no error, and a narrower dtype than out-of-place",
    WRONG: "no error, and another result",
    "not implemented": "torch has no such derivative or rule",
    CRASHED: "ended its process",
    HUNG: "did not end",
    NO_CASE: "the question does not arise, or was not asked",
}
_BYTES = tuple(f"{variant}_{what}_bytes" for what in ("held", "peak", "step_peak") for variant in VARIANTS)
#: By condition of the other operand: the ending of columns of `safety.csv`.
COLUMN_ENDS = {PLAIN: "", REQUIRES_GRAD: "_other_requires_grad", NUMBER: "_other_number"}
_MOST_NAMED = 12
#: The commonest places of in-place ops.
_CORE = ("nonleaf", "view", "first", "second")
#: Other statuses that sentences count.
_ALSO = (
    (CRASHED, "ended its process"),
    (HUNG, "did not end"),
    (NARROWS, "kept a narrower dtype than out-of-place, without an error"),
)


#: (the warning before a sentence or "", the sentence).
Sentence = tuple[str, str]


def sentences(rows: Sequence[SafetyRow]) -> list[Sentence]:
    """Sentences on how many pairs work, what is refused, which are silently wrong and why, and memory in training."""
    refused = refused_questions(rows)
    asked = [q for q in QUESTIONS if q not in refused]
    texts = [
        f"{_working(rows, _CORE):,} of {number_text(len(rows), 'pair')} work in the middle of a graph and on a view, "
        f"with the right first and second derivative where they have one; {_working(rows, asked):,} work in every "
        f"situation{' except those in which torch refuses most pairs' if refused else ''}."
    ]
    if refused:
        named = "; ".join(f"{QUESTIONS[q]} ({_count(rows, q, RAISES):,})" for q in refused)
        texts.append(f"Refused with an error by most pairs: {named}.")
    if any(row.inputs for row in rows):
        texts.append(
            "The answers hold for the tested inputs: tiny tensors in float32 or float64 from each pair's own domain, "
            "away from zeros, bounds and ties. Inputs at which a gradient is delicate have a column of their own, "
            "which names them."
        )
    memory = training_memory_sentence(rows)
    return [*(("", text) for text in texts), *wrong_sentences(rows), *(("", text) for text in memory)]


def _working(rows: Sequence[SafetyRow], questions: Sequence[str]) -> int:
    """How many pairs work in all of `questions` that apply to them, of those to which at least one applies."""
    answers = [{row.status(q) for q in questions} for row in rows]
    return sum(WORKS in found and found <= {WORKS, NO_CASE} for found in answers)


def refused_questions(rows: Sequence[SafetyRow]) -> list[str]:
    """The questions that most pairs answer with an error, of those to which they apply."""
    asked = {q: sum(row.status(q) != NO_CASE for row in rows) for q in QUESTIONS}
    return [q for q in QUESTIONS if 2 * _count(rows, q, RAISES) > asked[q]]


def wrong_sentences(rows: Sequence[SafetyRow]) -> list[Sentence]:
    """Sentences on silently wrong pairs, by reason, and on those that narrow, end or freeze their process."""
    reasons: dict[str, tuple[dict[str, None], set[str]]] = {}
    for row in rows:
        for question in QUESTIONS:
            if row.status(question) == WRONG:
                pairs, questions = reasons.setdefault(explanation(row.name, question) or "not explained", ({}, set()))
                pairs[printable(row.name)] = None
                questions.add(question)
    texts = [] if reasons else [("", "None is silently wrong.")]
    for why, (pairs, questions) in sorted(reasons.items(), key=lambda reason: -len(reason[1][1])):
        who = f"{number_text(len(pairs), 'pair')} ({names_text(list(pairs), _MOST_NAMED)})"
        asked = "; ".join(short for q, short in SHORT_QUESTIONS.items() if q in questions)
        texts.append(("Silently wrong", f"{who}, {asked}. Why: {why}."))
    for status, done in _ALSO:
        names = [printable(row.name) for row in rows if any(cell.status == status for cell in row.cells.values())]
        if names:
            texts.append(("", f"{len(names):,} {done}: {names_text(names, _MOST_NAMED)}."))
    return texts


def training_memory_sentence(rows: Sequence[SafetyRow]) -> list[str]:
    """How many pairs save memory in training, by the plain answer."""
    counts = Counter(row.saved[0].answer for row in rows if row.saved)
    answers = "; ".join(f"{answer}: {counts[answer]:,}" for answer in ANSWERS if counts[answer])
    if not answers:
        return []
    return [
        "Does in-place save memory in training? Every pair is asked in one small case, also pairs that a run does not "
        f'measure in a training step; "{YES}" means that fewer bytes are held for backward. Pairs by answer: {answers}.'
    ]


def answers_by_question(rows: Sequence[SafetyRow]) -> tuple[list[str], list[tuple[str, str, list[str], str]]]:
    """The statuses that occur; and a row per question: (its column, what is asked, pairs per status, a note)."""
    statuses = [s for s in LEGEND if any(cell.status == s for row in rows for cell in row.cells.values())]
    found = []
    for question, asked in QUESTIONS.items():
        counts = [_count(rows, question, status) for status in statuses]
        texts = {row.cells[question].text for row in rows if question in row.cells}
        only = question not in asked_questions(rows) and len(texts) == 1
        found.append((question, asked, [f"{n:,}" if n else "" for n in counts], printable(texts.pop()) if only else ""))
    return statuses, found


def asked_questions(rows: Sequence[SafetyRow]) -> list[str]:
    """The questions that apply to some pair: the matrix has a column for each."""
    return [q for q in QUESTIONS if any(row.status(q) != NO_CASE for row in rows)]


def safety_table(rows: Sequence[SafetyRow]) -> pd.DataFrame:
    """`tables/safety.csv`: a row per pair; statuses, memory by condition of the other operand, texts, differences."""
    return pd.DataFrame([_csv_row(row) for row in rows])


def _csv_row(row: SafetyRow) -> dict[str, object]:
    found: dict[str, object] = {n: printable(getattr(row, n)) for n in ("name", "family", "outofplace", "inplace")}
    found["inputs"] = printable(row.inputs) or None
    found |= {question: row.status(question) for question in QUESTIONS}
    for condition, end in COLUMN_ENDS.items():
        saved = next((each for each in row.saved if each.condition == condition), None)
        found[f"saves_memory{end}"] = saved.answer if saved else None
        for variant in VARIANTS:
            kinds = getattr(saved, variant) if saved and not saved.reason else None
            found[f"{variant}_saved{end}"] = None if kinds is None else printable(" and ".join(kinds)) or "nothing"
        for name in ("input_bytes", *_BYTES):
            found[f"{name}{end}"] = getattr(saved, name) if saved else None
    answers = {q: row.cells.get(q, SafetyCell(NO_CASE, "not stored")) for q in QUESTIONS}
    found |= {f"{question}_text": printable(answer.text) or None for question, answer in answers.items()}
    return found | {f"{question}_error": answer.error for question, answer in answers.items()}


def _count(rows: Sequence[SafetyRow], question: str, status: str) -> int:
    return sum(row.status(question) == status for row in rows)


def other_answers(truth: Truth, here: Where) -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    """Each other stored torch or device, and its different answers: (question, there, here, pairs)."""
    own = truth.safety.by_place.get(here, {})
    return [
        (where_text(place), [_otherwise(each) for each in changed_answers(own, rows)])
        for place, rows in truth.safety.by_place.items()
        if own and place != here
    ]


def _otherwise(found: Difference) -> tuple[str, str, str, str]:
    names = names_text([printable(name) for name in found.names], _MOST_NAMED)
    return SHORT_QUESTIONS[found.question], found.there, found.here, names
