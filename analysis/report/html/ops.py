"""Every op: its card, with all that is known of it in each run and on each device of the report."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.cards.card import Card
from analysis.numbers.agreement import agreement_text, gradient_text
from analysis.report.html.anchors import Anchors, plain_letters
from analysis.report.html.memory_page import MEANING
from analysis.report.html.op_summary import memory_class
from analysis.right.findings import Finding
from analysis.run.load import printable
from analysis.units import arrow_text, multiple_text
from benchmarks.autograd.record.questions import SHORT_QUESTIONS
from benchmarks.autograd.record.safety import ANSWERS, NO_CASE, WORKS


@dataclass(frozen=True)
class SafetyAnswer:
    """What a question of the safety matrix came to: its status, what was asked, and the error or reason."""

    question: str  #: its column of the matrix
    status: str
    asked: str
    about: str


@dataclass(frozen=True)
class Mention:
    """A claim or hazard that concerns the op: the address of its row, its word and what it says."""

    address: str
    word: str
    title: str


@dataclass(frozen=True)
class OpSection:
    """The op in one section."""

    where: str
    prefix: str  #: of the ids of its claims, hazards and safety matrix
    torch: str
    advice: list[tuple[str, str, str]]  #: (situation, word, why)
    mark: int  #: of its memory class, a place in ANSWERS
    memory_class: str
    meaning: str
    saved: str
    agree: str  #: how far the variants agree
    gradient: str
    needs: list[tuple[str, str]]
    works: list[str]
    answers: list[SafetyAnswer]
    mentions: list[Mention]
    command: str


@dataclass(frozen=True)
class OpCard:
    """An op: its name, code and note, and a part a section that measured it."""

    anchor: str
    pair: str
    family: str
    labels: tuple[str, str]
    outofplace: str
    inplace: str
    note: str
    parts: list[OpSection]


def op_cards(
    cards: Sequence[Sequence[Card]], wheres: Sequence[str], prefixes: Sequence[str], anchors: Anchors
) -> list[OpCard]:
    """By family and name, the cards of all sections.

    `wheres` name the sections; `prefixes` are those of the ids of what is stored of their torch.
    """
    found: dict[tuple[str, str], list[tuple[Card, OpSection]]] = {}
    for mine, where, prefix in zip(cards, wheres, prefixes, strict=True):
        for card in mine:
            found.setdefault((card.family, card.pair), []).append((card, _part(card, where, prefix)))
    return [_op(parts, anchors) for _, parts in sorted(found.items(), key=lambda item: (item[0][1].lower(), item[0]))]


def _op(parts: list[tuple[Card, OpSection]], anchors: Anchors) -> OpCard:
    card = next((card for card, _ in parts if card.outofplace), parts[0][0])
    return OpCard(
        anchor=anchors.op(card.family, card.pair),
        pair=card.pair,
        family=card.family,
        labels=card.labels,
        outofplace=card.outofplace or "",
        inplace=card.inplace or "",
        note=card.note or "",
        parts=[part for _, part in parts],
    )


def _part(card: Card, where: str, prefix: str) -> OpSection:
    answer = memory_class(card)
    cells = card.safety.cells if card.safety else {}
    return OpSection(
        where=where,
        prefix=prefix,
        torch=card.torch,
        advice=[(advice.situation, advice.word, advice.why) for advice in card.advice],
        mark=ANSWERS.index(answer),
        memory_class=answer,
        meaning=MEANING[answer],
        saved=_saved(card),
        agree=agreement_text(card.cases),
        gradient=gradient_text(card.cases),
        needs=[(need.question, _both(need.outofplace, need.inplace)) for need in card.needs],
        works=[name.replace("_", " ") for name, cell in cells.items() if cell.status == WORKS and name != "version"],
        answers=[
            SafetyAnswer(name, cell.status, SHORT_QUESTIONS[name], printable(cell.text))
            for name, cell in cells.items()
            if cell.status not in (WORKS, NO_CASE)
        ],
        mentions=[*_mentions(card.hazards, f"{prefix}hazard-"), *_mentions(card.claims, f"{prefix}claim-")],
        command=card.command,
    )


def _mentions(findings: Sequence[Finding], prefix: str) -> list[Mention]:
    return [Mention(prefix + plain_letters(each.name), each.word, each.title) for each in findings]


def _saved(card: Card) -> str:
    if not card.safety or not card.safety.saved or card.safety.saved[0].reason:
        return ""
    saved = card.safety.saved[0]
    return arrow_text(*(printable(" and ".join(kinds)) or "nothing" for kinds in (saved.outofplace, saved.inplace)))


def _both(outofplace: float, inplace: float) -> str:
    first, second = multiple_text(outofplace), multiple_text(inplace)
    return first if first == second else arrow_text(first, second)
