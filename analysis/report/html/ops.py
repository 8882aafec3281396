"""The card of every op: everything known of it in each run and on each device of the report."""

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
    """An answer of the safety matrix: its status, the question, and the error or reason."""

    question: str  #: its column of the matrix
    status: str
    asked: str
    about: str


@dataclass(frozen=True)
class Mention:
    """A claim or hazard that mentions the op: the address of its row, its outcome in a word, and its title."""

    address: str
    word: str
    title: str


@dataclass(frozen=True)
class OpSection:
    """The op in one section."""

    where: str
    prefix: str  #: prefix of the ids of its claims, hazards and safety matrix
    torch: str
    advice: list[tuple[str, str, str]]  #: (situation, word, why)
    mark: int  #: its memory class, an index of ANSWERS
    memory_class: str
    meaning: str
    saved: str
    agree: str  #: how closely the variants agree
    gradient: str
    needs: list[tuple[str, str]]
    works: list[str]
    answers: list[SafetyAnswer]
    mentions: list[Mention]
    command: str


@dataclass(frozen=True)
class OpCard:
    """An op or a scenario: its name, code and note, and a part per section that measured it."""

    anchor: str
    pair: str
    family: str
    labels: tuple[str, str]
    outofplace: str
    inplace: str
    note: str
    is_scenario: bool
    parts: list[OpSection]


def op_cards(
    cards: Sequence[Sequence[Card]], wheres: Sequence[str], prefixes: Sequence[str], anchors: Anchors
) -> list[OpCard]:
    """The cards of all sections, joined by family and name; ops first, then scenarios.

    `wheres`: the sections' names; `prefixes`: of the ids of each section's claims, hazards and safety matrix.
    """
    found: dict[tuple[str, str], list[tuple[Card, OpSection]]] = {}
    for mine, where, prefix in zip(cards, wheres, prefixes, strict=True):
        for card in mine:
            found.setdefault((card.family, card.pair), []).append((card, _part(card, where, prefix)))
    made = [_op(parts, anchors) for _, parts in sorted(found.items(), key=lambda item: (item[0][1].lower(), item[0]))]
    return sorted(made, key=lambda card: card.is_scenario)


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
        is_scenario=card.is_scenario,
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
        saved=_saved_text(card),
        agree=agreement_text(card.cases),
        gradient=gradient_text(card.cases),
        needs=[(need.question, _multiples_text(need.outofplace, need.inplace)) for need in card.needs],
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


def _saved_text(card: Card) -> str:
    if not card.safety or not card.safety.saved or card.safety.saved[0].reason:
        return ""
    saved = card.safety.saved[0]
    return arrow_text(*(printable(" and ".join(kinds)) or "nothing" for kinds in (saved.outofplace, saved.inplace)))


def _multiples_text(outofplace: float, inplace: float) -> str:
    first, second = multiple_text(outofplace), multiple_text(inplace)
    return first if first == second else arrow_text(first, second)
