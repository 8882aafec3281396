"""The card of every op: everything known of it in each run and on each device of the report."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.cards.card import Card
from analysis.report.html.anchors import Anchors
from analysis.report.html.card_facts import CardAt, CardFacts, card_facts
from analysis.report.html.card_places import CardPlace
from analysis.report.html.op_summary import op_summary
from analysis.units import ratio_text


@dataclass(frozen=True)
class OpSection:
    """What to do with the op in one section: a text per situation of the card, None where nothing is known."""

    where: str
    advice: list["SituationText | None"]


@dataclass(frozen=True)
class SituationText:
    """The advice for one situation: a word and why, and the numbers."""

    word: str
    why: str
    speedup: str
    memory_ratio: str


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


def op_cards(cards: Sequence[Sequence[Card]], places: Sequence[CardPlace], anchors: Anchors) -> list[OpCard]:
    """The cards of all sections, each at its place, joined by family and name; ops first, then scenarios."""
    found: dict[tuple[str, str], list[CardAt]] = {}
    for mine, place in zip(cards, places, strict=True):
        for card in mine:
            found.setdefault((card.family, card.pair), []).append(CardAt(card, place))
    made = [_op(parts, anchors) for _, parts in sorted(found.items(), key=lambda item: (item[0][1].lower(), item[0]))]
    return sorted(made, key=lambda card: card.is_scenario)


#: A reason that at least so many cards give, and that is at least so long, stands on the page once.
_SHARED_BY, _LONG = 3, 60


def shared_reasons(cards: Sequence[OpCard]) -> dict[str, int]:
    """The long errors and reasons that several cards give, and the number of each, from 1."""
    said = (each.fact.about for card in cards for _, reasons in card.facts.answers for each in reasons)
    counts = Counter(text for text in said if len(text) >= _LONG)
    return {text: n for n, text in enumerate((text for text, count in counts.items() if count >= _SHARED_BY), start=1)}


def _op(parts: list[CardAt], anchors: Anchors) -> OpCard:
    parts = sorted(parts, key=lambda at: at.place.order)
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
        parts=[OpSection(at.place.name, [_advice(at.card, each) for each in situations]) for at in parts],
        facts=card_facts(parts),
    )


def _advice(card: Card, situation: str) -> SituationText | None:
    found = next((each for each in card.advice if each.situation == situation), None)
    if found is None:
        return None
    numbers = op_summary(card, situation)
    return SituationText(found.word, found.why, ratio_text(numbers.speedup), ratio_text(numbers.memory_ratio))
