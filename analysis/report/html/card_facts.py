"""What a report knows of an op besides its advice: each fact once, with the sections that it holds for."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from analysis.cards.card import Card
from analysis.numbers.agreement import agreement_text, gradient_text
from analysis.report.html.anchors import plain_letters
from analysis.report.html.card_places import CardPlace, places_text
from analysis.report.html.memory_page import MEANING
from analysis.report.html.op_summary import memory_class
from analysis.right.findings import Finding
from analysis.run.load import printable
from analysis.units import arrow_text, multiple_text, variants_text
from benchmarks.autograd.record.questions import SHORT_QUESTIONS
from benchmarks.autograd.record.safety import ANSWERS, NO_CASE, WORKS

FactT = TypeVar("FactT", bound=Hashable)


@dataclass(frozen=True)
class SharedFact(Generic[FactT]):
    """A fact, and where it holds: `where` is empty if that is every section that was asked for its kind."""

    fact: FactT
    where: str
    prefixes: str  #: of the ids of those sections' safety matrices, each after a "|"; empty for all


@dataclass(frozen=True)
class MemoryFact:
    """What an op does for memory in training."""

    mark: int  #: its class, an index of ANSWERS
    name: str
    meaning: str
    saved: str


@dataclass(frozen=True)
class SafetyAnswer:
    """An answer of the safety matrix: its status and the question."""

    question: str  #: its column of the matrix
    status: str
    asked: str


@dataclass(frozen=True)
class Reason:
    """The error or reason of an answer."""

    answer: SafetyAnswer
    about: str


@dataclass(frozen=True)
class Mention:
    """A claim or hazard that mentions the op: its kind and name in an id, its outcome in a word, and its title."""

    slug: str
    word: str
    title: str


@dataclass(frozen=True)
class CardFacts:
    """All facts of an op. `asked`: where a safety matrix is stored, if not for all sections."""

    memory: list[SharedFact[MemoryFact]]
    needs: list[SharedFact[tuple[tuple[str, str], ...]]]
    agree: list[SharedFact[str]]
    gradient: list[SharedFact[str]]
    asked: str
    works: list[tuple[str, list[str]]]  #: where, as in SharedFact, and the situations that are right there
    answers: list[tuple[SharedFact[SafetyAnswer], list[SharedFact[Reason]]]]
    mentions: list[tuple[str, SharedFact[Mention]]]  #: with the address of its row
    commands: list[SharedFact[str]]


@dataclass(frozen=True)
class CardAt:
    """An op's card in one section."""

    card: Card
    place: CardPlace


def card_facts(cards: Sequence[CardAt]) -> CardFacts:
    """The facts of an op in all sections that measured it, in the order in which they are first met."""
    asked = [at for at in cards if at.card.safety]
    mentions = _shared(cards, _mentions)
    return CardFacts(
        memory=_shared(cards, lambda at: [_memory(at.card)]),
        needs=_shared(cards, lambda at: [_needs(at.card)]),
        agree=_shared(cards, lambda at: [agreement_text(at.card.cases)]),
        gradient=_shared(cards, lambda at: [gradient_text(at.card.cases)]),
        asked=_names(asked, cards) if len(asked) < len(cards) else "",
        works=_by_place(_shared(cards, lambda at: _works(at.card), asked)),
        answers=_explained(asked),
        mentions=[(_address(each.fact, cards), each) for each in mentions],
        commands=_shared(cards, lambda at: [at.card.command]),
    )


def _shared(
    cards: Sequence[CardAt], facts: Callable[[CardAt], Iterable[FactT]], asked: Sequence[CardAt] | None = None
) -> list[SharedFact[FactT]]:
    """Each fact once. `asked`: the sections that a fact without a place holds for; those with any fact if None."""
    found: dict[FactT, list[CardAt]] = {}
    saying = list(asked or ())
    for at in cards:
        mine = [fact for fact in facts(at) if fact]
        saying += [at] if mine and asked is None else []
        for fact in mine:
            found.setdefault(fact, []).append(at)
    return [
        SharedFact(fact, "", "")
        if len(of) == len(saying)
        else SharedFact(fact, _names(of, saying), "".join(f"|{at.place.prefix}" for at in of) + "|")
        for fact, of in found.items()
    ]


def _by_place(facts: Iterable[SharedFact[str]]) -> list[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for each in facts:
        groups.setdefault(each.where, []).append(each.fact)
    return list(groups.items())


def _names(some: Sequence[CardAt], every: Sequence[CardAt]) -> str:
    return places_text([at.place for at in some], [at.place for at in every])


def _memory(card: Card) -> MemoryFact:
    answer = memory_class(card)
    return MemoryFact(ANSWERS.index(answer), answer, MEANING[answer], _saved_text(card))


def _saved_text(card: Card) -> str:
    if not card.safety or not card.safety.saved or card.safety.saved[0].reason:
        return ""
    saved = card.safety.saved[0]
    return arrow_text(*(printable(" and ".join(kinds)) or "nothing" for kinds in (saved.outofplace, saved.inplace)))


def _needs(card: Card) -> tuple[tuple[str, str], ...]:
    return tuple(
        (need.question, variants_text(multiple_text(need.outofplace), multiple_text(need.inplace)))
        for need in card.needs
    )


def _works(card: Card) -> tuple[str, ...]:
    cells = card.safety.cells if card.safety else {}
    return tuple(name.replace("_", " ") for name, cell in cells.items() if cell.status == WORKS and name != "version")


def _explained(asked: Sequence[CardAt]) -> list[tuple[SharedFact[SafetyAnswer], list[SharedFact[Reason]]]]:
    """The answers that are not right, in the order of the matrix, each with its reasons; one that holds where its
    answer does says no place. Of a section where all is right, nothing holds: so an answer elsewhere has a place."""
    reasons: dict[SafetyAnswer, list[SharedFact[Reason]]] = {}
    for each in _shared(asked, lambda at: list(_reasons(at.card)), asked):
        reasons.setdefault(each.fact.answer, []).append(each)
    found = []
    for answer in _shared(asked, lambda at: [each.answer for each in _reasons(at.card)], asked):
        mine = reasons[answer.fact]
        mine = [replace(mine[0], where="")] if len(mine) == 1 else mine
        found.append((answer, [each for each in mine if each.fact.about]))
    order = list(SHORT_QUESTIONS)
    return sorted(found, key=lambda each: order.index(each[0].fact.question))


def _reasons(card: Card) -> Iterable[Reason]:
    for name, cell in (card.safety.cells if card.safety else {}).items():
        if cell.status not in (WORKS, NO_CASE):
            yield Reason(SafetyAnswer(name, cell.status, SHORT_QUESTIONS[name]), printable(cell.text))


def _mentions(at: CardAt) -> Iterable[Mention]:
    kinds: tuple[tuple[str, Sequence[Finding]], ...] = (("hazard", at.card.hazards), ("claim", at.card.claims))
    for kind, findings in kinds:
        yield from (Mention(f"{kind}-{plain_letters(each.name)}", each.word, each.title) for each in findings)


def _address(mention: Mention, cards: Sequence[CardAt]) -> str:
    """The address of its row on the first section's page that has it."""
    return next(at.place.prefix for at in cards if mention in _mentions(at)) + mention.slug
