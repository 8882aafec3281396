"""Why: page faults, hidden clones, bandwidth, and calls too small to carry a signal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.cards.advice import TRAINING
from analysis.cards.card import Card, CardCase
from analysis.numbers.geomeans import geomean
from analysis.numbers.gpu_text import floor_words
from analysis.numbers.quantities import PAGE_FAULTS
from analysis.numbers.ratios import FLOOR_FACTOR
from analysis.report.html.anchors import Anchors
from analysis.report.html.bandwidth import BandwidthCloud, bandwidth_cloud
from analysis.report.html.op_summary import memory_class, op_summary
from analysis.run.load import printable
from analysis.section import Section
from analysis.units import arrow_text, count_text, multiple_text, number_text, percent_text, ratio_text
from benchmarks.autograd.record.safety import COSTS_A_COPY, NO_GRADIENT, UNKNOWN, Saved

Linked = list[tuple[str, str]]  #: (op, anchor)


@dataclass(frozen=True)
class FaultRow:
    """A case on a fresh heap, with the same case on a retained heap."""

    pair: str
    anchor: str
    where: str
    faults: str
    fresh: str
    warm: str
    sorts_by: float | None


@dataclass(frozen=True)
class CloneRow:
    """Ops that save the same for backward: what they save out-of-place and in-place, and their speedup in a step."""

    saved: str
    clones: bool
    speedup: str
    held: str
    ops: Linked


@dataclass(frozen=True)
class Causes:
    """The four reasons, each with a sentence."""

    bandwidth: BandwidthCloud | None
    faults: list[FaultRow]
    faults_sentence: str
    clones: list[CloneRow]
    clones_sentence: str
    small: list[tuple[str, str, str, Linked]]  #: phase, size, share of its cases, ops
    small_sentence: str


def causes(section: Section, cards: Sequence[Card], anchors: Anchors) -> Causes:
    """The four reasons for the speed of in-place ops, in a section."""
    faults = list(_fault_rows(cards, anchors))
    return Causes(
        bandwidth=bandwidth_cloud(section, anchors),
        faults=faults,
        faults_sentence=_faults_sentence(cards),
        clones=_clone_rows(cards, anchors),
        clones_sentence=_clones_sentence(cards),
        small=_small(section.cases, anchors),
        small_sentence=_small_sentence(section.cases, floor_words(section.device)),
    )


def _fault_rows(cards: Sequence[Card], anchors: Anchors) -> Iterable[FaultRow]:
    for fresh, warm, card in _heaps(cards):
        faults = [PAGE_FAULTS.text(value) for value in fresh.quantities[PAGE_FAULTS.name]]
        where = f"{fresh.case.phase} {count_text(fresh.case.numel)}"
        anchor = anchors.op(card.family, card.pair)
        speeds = ratio_text(fresh.speedup), ratio_text(warm.speedup)
        yield FaultRow(card.pair, anchor, where, arrow_text(*faults), *speeds, fresh.speedup)


def _heaps(cards: Sequence[Card]) -> Iterable[tuple[CardCase, CardCase, Card]]:
    """The cases timed on both heaps: (on the fresh one, on the retained one, their card)."""
    for card in cards:
        by_place: dict[tuple, dict[bool, CardCase]] = {}
        for case in card.cases:
            if case.verdict and case.plain:
                place = case.case.phase, case.case.numel, case.case.shape, case.case.threads
                by_place.setdefault(place, {})[case.case.allocator == "fresh"] = case
        yield from ((both[True], both[False], card) for both in by_place.values() if len(both) == 2)


def _faults_sentence(cards: Sequence[Card]) -> str:
    both = list(_heaps(cards))
    if not both:
        return ""
    fresh = geomean(pd.Series([case.speedup for case, _, _ in both]))
    warm = geomean(pd.Series([case.speedup for _, case, _ in both]))
    return (
        f"On a fresh heap, where every result faults its pages in, in-place is {ratio_text(fresh)} as fast instead of "
        f"{ratio_text(warm)} (geomeans over the same {number_text(len(both), 'case')}): a page fault costs more than "
        "what most ops do with the page."
    )


def _clone_rows(cards: Sequence[Card], anchors: Anchors) -> list[CloneRow]:
    groups: dict[tuple[str, bool], list[Card]] = {}
    for card in cards:
        saved = _saved(card)
        if saved:
            kinds = (printable(" and ".join(kinds)) or "nothing" for kinds in (saved.outofplace, saved.inplace))
            groups.setdefault((arrow_text(*kinds), saved.answer == COSTS_A_COPY), []).append(card)
    rows = [
        CloneRow(
            saved, clones, _step_speed(mine), _held_text(mine), [(c.pair, anchors.op(c.family, c.pair)) for c in mine]
        )
        for (saved, clones), mine in groups.items()
    ]
    return sorted(rows, key=lambda row: (not row.clones, -len(row.ops)))


def _saved(card: Card) -> Saved | None:
    """What an op saves for backward, by its plain answer; None where it is not known or the op has no gradient."""
    if not card.safety or not card.safety.saved or memory_class(card) in (UNKNOWN, NO_GRADIENT):
        return None
    return card.safety.saved[0]


def _step_speed(cards: Sequence[Card]) -> str:
    mean, count = _step_geomean(cards)
    return f"{ratio_text(mean)} ({number_text(count, 'op')})" if mean else ""


def _step_geomean(cards: Sequence[Card]) -> tuple[float | None, int]:
    speeds = pd.Series([op_summary(card, TRAINING).speedup for card in cards], dtype=float)
    return geomean(speeds), int(speeds.notna().sum())


def _held_text(cards: Sequence[Card]) -> str:
    texts = set()
    for card in cards:
        saved = _saved(card)
        if saved and saved.input_bytes:
            counts = saved.outofplace_held_bytes, saved.inplace_held_bytes
            multiples = [multiple_text(count / saved.input_bytes) for count in counts if count is not None]
            texts |= {arrow_text(*multiples)} if len(multiples) == len(counts) else set()
    return texts.pop() if len(texts) == 1 else ""


def _clones_sentence(cards: Sequence[Card]) -> str:
    known = [card for card in cards if _saved(card)]
    cloning = [card for card in known if memory_class(card) == COSTS_A_COPY]
    if not cloning:
        return ""
    others = [card for card in known if memory_class(card) != COSTS_A_COPY]
    means = [_step_geomean(some)[0] for some in (cloning, others)]
    sentence = (
        f"Of {number_text(len(known), 'op')} that can be trained through, {len(cloning):,} need their old input for "
        "the derivative; in place, autograd clones it first"
    )
    if None not in means:
        sentence += f": {ratio_text(means[0])} in a training step, against {ratio_text(means[1])} for the others"
    return f"{sentence}."


def _small(cases: pd.DataFrame, anchors: Anchors) -> list[tuple[str, str, str, Linked]]:
    timed = cases[cases["verdict"].notna()]
    rows = []
    for (phase, size), mine in timed.groupby(["phase", "size"], sort=True):
        small = mine[mine["below_floor"]]
        if len(small):
            names = dict.fromkeys(zip(small["family"], small["pair"], strict=True))
            share = f"{len(small):,} of {len(mine):,} ({percent_text(len(small) / len(mine))})"
            rows.append((phase, count_text(size), share, [(pair, anchors.op(family, pair)) for family, pair in names]))
    return rows


def _small_sentence(cases: pd.DataFrame, floor: str) -> str:
    timed = cases[cases["verdict"].notna()]
    count = int(timed["below_floor"].sum())
    unknown = int(timed["floor_s"].isna().sum())
    if timed.empty:
        return ""
    if unknown == len(timed):
        return "The cost of an empty op was not measured in this run, so it is not known which calls carry a signal."
    if not count and unknown:
        return f"Every call costs clearly more than an empty op, where that is known: not for {unknown:,}."
    if not count:
        return "Every call costs clearly more than an empty op: all of them carry a signal."
    return (
        f"{number_text(count, 'case')} of {len(timed):,} cost less than {FLOOR_FACTOR} times the cheapest op there is: "
        f"mostly {floor}, alike for both variants, so their ratio says little about the op."
    )
