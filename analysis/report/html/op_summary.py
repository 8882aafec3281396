"""An op in one situation: its speedup, its memory ratio and its memory class in training."""

from dataclasses import dataclass

import numpy as np

from analysis.cards.advice import TRAINING, WITHOUT_AUTOGRAD
from analysis.cards.card import Card, CardCase
from analysis.numbers.memory import PEAK_NO_GRAPH, PEAK_STEP
from benchmarks.autograd.record.safety import UNKNOWN

#: By situation: the phase for times, and which of `memory.QUESTIONS` for bytes.
_SOURCES = {WITHOUT_AUTOGRAD: ("inference", PEAK_NO_GRAPH), TRAINING: ("step", PEAK_STEP)}


@dataclass(frozen=True)
class OpSummary:
    """An op in one situation; None where it was not measured there."""

    speedup: float | None  #: geomean over its plain cases on a retained heap; felt, on a GPU
    memory_ratio: float | None  #: at its largest size


def op_summary(card: Card, situation: str) -> OpSummary:
    """The op of `card` in `situation`."""
    phase, question = _SOURCES[situation]
    cases = [case for case in on_warm_heap(card.cases) if case.case.phase == phase]
    speeds = [case.answer_speedup for case in cases if case.answer_speedup]
    speedup = float(np.exp(np.mean(np.log(speeds)))) if speeds else None
    need = next((need for need in card.needs if need.question == question and need.inplace > 0), None)
    return OpSummary(speedup, need.outofplace / need.inplace if need else None)


def on_warm_heap(cases: tuple[CardCase, ...]) -> list[CardCase]:
    """The cases with a verdict that represent the op, on a retained heap if there are any."""
    judged = [case for case in cases if case.plain and case.answer_verdict and case.answer_speedup]
    return [case for case in judged if case.case.allocator != "fresh"] or judged


def memory_class(card: Card) -> str:
    """The op's memory class in training, by the plain answer of the safety matrix."""
    return card.safety.saved[0].answer if card.safety and card.safety.saved else UNKNOWN
