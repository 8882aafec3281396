"""The advice on all ops, as the first page lists it: by word of advice, by situation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.cards.advice import DEPENDS, DO_NOT_BOTHER, NEVER, SITUATIONS, UNDECIDED, USE
from analysis.cards.card import Card
from analysis.report.html.anchors import Anchors
from analysis.report.html.op_summary import op_summary
from analysis.units import ratio_text

#: The words of the three columns, and the other words.
COLUMNS = (USE, DO_NOT_BOTHER, NEVER)
REST = (DEPENDS, UNDECIDED)


@dataclass(frozen=True)
class Op:
    """An op in a list of advice."""

    pair: str
    anchor: str
    why: str
    speedup: str
    by_bytes_alone: bool = False


@dataclass(frozen=True)
class AdviceList:
    """The ops of one word of advice in one situation, the strongest first."""

    situation: str
    total: int  #: ops that have advice in this situation
    ops: list[Op]
    wrong: list[Op]  #: under `never`: ops that are not right, whatever their speed


def advice_lists(cards: Sequence[Card], anchors: Anchors) -> dict[str, list[AdviceList]]:
    """The ops by word of advice and situation, without empty words and situations."""
    found: dict[tuple[str, str], list[tuple[float, bool, Op]]] = {}
    totals: dict[str, int] = {}
    for card in cards:
        for advice in card.advice:
            speed = op_summary(card, advice.situation).speedup
            anchor, said = anchors.op(card.family, card.pair), ratio_text(speed) if speed else ""
            op = Op(card.pair, anchor, advice.why, said, advice.by_bytes_alone)
            found.setdefault((advice.word, advice.situation), []).append((speed or 1.0, advice.wrong, op))
            totals[advice.situation] = totals.get(advice.situation, 0) + 1
    return {
        word: list(_situations(word, found, totals))
        for word in (*COLUMNS, *REST)
        if any((word, situation) in found for situation in SITUATIONS)
    }


def _situations(
    word: str, found: dict[tuple[str, str], list[tuple[float, bool, Op]]], totals: dict[str, int]
) -> Iterable[AdviceList]:
    """The lists of a word: ops to use by falling speedup, others by rising speedup."""
    sign = 1 if word == NEVER else -1
    for situation in SITUATIONS:
        ops = sorted(found.get((word, situation), []), key=lambda each: sign * each[0])
        if ops:
            wrong, right = ([op for _, is_wrong, op in ops if is_wrong == asked] for asked in (True, False))
            yield AdviceList(situation, totals[situation], right, wrong)
