"""The card of every op: everything known of it in each run and on each device of the report."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.cards.card import Card
from analysis.report.html.anchors import Anchors
from analysis.report.html.card_facts import CardAt, CardFacts, card_facts


@dataclass(frozen=True)
class OpSection:
    """What to do with the op in one section: per situation of the card a word and why, None where it is not known."""

    where: str
    advice: list[tuple[str, str] | None]


@dataclass(frozen=True)
class OpCard:
    """An op or a scenario: its name, code and note, the advice of each section, and the facts of all."""

    anchor: str
    pair: str
    family: str
    labels: tuple[str, str]
    outofplace: str
    inplace: str
    note: str
    is_scenario: bool
    situations: list[str]
    parts: list[OpSection]
    facts: CardFacts


def op_cards(
    cards: Sequence[Sequence[Card]], wheres: Sequence[str], prefixes: Sequence[str], anchors: Anchors
) -> list[OpCard]:
    """The cards of all sections, joined by family and name; ops first, then scenarios.

    `wheres`: the sections' names; `prefixes`: of the ids of each section's claims, hazards and safety matrix.
    """
    found: dict[tuple[str, str], list[CardAt]] = {}
    for mine, where, prefix in zip(cards, wheres, prefixes, strict=True):
        for card in mine:
            found.setdefault((card.family, card.pair), []).append(CardAt(card, where, prefix))
    made = [_op(parts, anchors) for _, parts in sorted(found.items(), key=lambda item: (item[0][1].lower(), item[0]))]
    return sorted(made, key=lambda card: card.is_scenario)


def _op(parts: list[CardAt], anchors: Anchors) -> OpCard:
    situations = list(dict.fromkeys(each.situation for at in parts for each in at.card.advice))
    card = next((at.card for at in parts if at.card.outofplace), parts[0].card)
    return OpCard(
        anchor=anchors.op(card.family, card.pair),
        pair=card.pair,
        family=card.family,
        labels=card.labels,
        outofplace=card.outofplace or "",
        inplace=card.inplace or "",
        note=card.note or "",
        is_scenario=card.is_scenario,
        situations=situations,
        parts=[OpSection(at.name, [_advice(at.card, each) for each in situations]) for at in parts],
        facts=card_facts(parts),
    )


def _advice(card: Card, situation: str) -> tuple[str, str] | None:
    return next(((each.word, each.why) for each in card.advice if each.situation == situation), None)
