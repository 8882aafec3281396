"""Does it save memory: at the peak of a call, held for backward, in a whole step; and the memory class of each op."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.cards.card import Card
from analysis.numbers.byte_relation import byte_relation
from analysis.numbers.geomeans import geomean
from analysis.numbers.memory import HELD, PEAK_FORWARD, PEAK_NO_GRAPH, PEAK_STEP, QUESTIONS, ops_by_need
from analysis.report.answer import memory_sentence
from analysis.report.html.anchors import Anchors
from analysis.report.html.op_summary import memory_class
from analysis.section import Section
from analysis.units import arrow_text, multiple_text, ratio_text
from benchmarks.autograd.record.safety import ANSWERS, COSTS_A_COPY, NO, NO_GRADIENT, UNKNOWN, WHILE_IT_RUNS, YES
from benchmarks.record import VARIANTS

BAR = 70  #: width of the widest bar

#: The meaning of each of `memory.QUESTIONS`.
ABOUT = {
    PEAK_NO_GRAPH: "transient: the highest bytes of a call without autograd",
    PEAK_FORWARD: "transient: the highest bytes of a call that records a graph",
    HELD: "held for backward: what is kept after forward",
    PEAK_STEP: "step: the highest bytes of forward and backward together",
}

#: The meaning of an answer of the safety matrix for training.
MEANING = {
    YES: "training holds less, or its peak is lower",
    WHILE_IT_RUNS: "the call needs no second tensor, but as much is held for backward",
    NO: "training needs as much either way",
    COSTS_A_COPY: "autograd clones the old input behind your back, since the derivative needs it",
    NO_GRADIENT: "there is nothing to train through",
    UNKNOWN: "not known",
}


@dataclass(frozen=True)
class NeedBars:
    """Bytes of both variants as multiples of N: the text, the lengths of two bars, and `less`, `more` or `same`."""

    text: str
    outofplace: float
    inplace: float
    word: str
    sorts_by: str


@dataclass(frozen=True)
class QuestionCounts:
    """A question about memory: for how many ops in-place needs less, the same or more; geomean of memory ratios."""

    question: str
    about: str
    less: int
    same: int
    more: int
    ratio: str


@dataclass(frozen=True)
class MemoryPage:
    """`groups`: (ops as (name, anchor), a need or None for each of `questions`); `classes`: the ops by memory class."""

    sentence: str
    counts: list[QuestionCounts]
    questions: list[str]
    groups: list[tuple[list[tuple[str, str]], list[NeedBars | None]]]
    classes: list[tuple[int, str, str, list[tuple[str, str]]]]  #: mark, answer, meaning, ops


def memory_page(section: Section, cards: Sequence[Card], anchors: Anchors) -> MemoryPage:
    """The page on memory for a section."""
    groups = ops_by_need(section.bytes)
    questions = [question for question, _, _ in QUESTIONS if groups[question].notna().any()]
    widest = {q: max(max(values) for values in groups[q] if isinstance(values, tuple)) or 1.0 for q in questions}
    by_pair = {card.pair: anchors.op(card.family, card.pair) for card in cards}
    rows = []
    for labels, *values in groups[["labels", *questions]].itertuples(index=False):
        needs = [_need(value, widest[question]) for question, value in zip(questions, values, strict=True)]
        rows.append(([(name, by_pair[name]) for name in labels], needs))
    return MemoryPage(memory_sentence(section), _counts(section.bytes), questions, rows, _classes(cards, anchors))


def _counts(answers: pd.DataFrame) -> list[QuestionCounts]:
    rows = []
    for asked, mine in answers.groupby("question", sort=False):
        question = str(asked)
        less, more = (int((mine[a] < mine[b]).sum()) for a, b in (VARIANTS[::-1], VARIANTS))
        ratio = ratio_text(geomean(mine["outofplace"] / mine["inplace"]))
        rows.append(QuestionCounts(question, ABOUT[question], less, len(mine) - less - more, more, ratio))
    return rows


def _need(values: tuple[float, float] | None, widest: float) -> NeedBars | None:
    if not isinstance(values, tuple):
        return None
    out, into = values
    text = multiple_text(out) if out == into else arrow_text(multiple_text(out), multiple_text(into))
    return NeedBars(
        text,
        round(BAR * out / widest, 1),
        round(BAR * into / widest, 1),
        byte_relation(out, into),
        f"{into / out:.4g}" if out else "",
    )


def _classes(cards: Sequence[Card], anchors: Anchors) -> list[tuple[int, str, str, list[tuple[str, str]]]]:
    by_class: dict[str, list[tuple[str, str]]] = {}
    for card in cards:
        by_class.setdefault(memory_class(card), []).append((card.pair, anchors.op(card.family, card.pair)))
    return [
        (mark, answer, MEANING[answer], by_class[answer])
        for mark, answer in enumerate(ANSWERS)
        if answer in by_class and set(by_class) != {UNKNOWN}
    ]
