"""An op in one situation: its speedup, its memory ratio and its memory class in training."""

from dataclasses import dataclass

import numpy as np

from analysis.cards.advice import TRAINING, WITHOUT_AUTOGRAD, judged_cases
from analysis.cards.card import Card
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
    plain = judged_cases([case for case in card.cases if case.plain and case.answer_speedup])
    speeds = [case.answer_speedup for case in plain if case.answer_speedup and case.case.phase == phase]
    speedup = float(np.exp(np.mean(np.log(speeds)))) if speeds else None
    need = next((need for need in card.needs if need.question == question and need.inplace > 0), None)
    return OpSummary(speedup, need.outofplace / need.inplace if need else None)


def memory_class(card: Card) -> str:
    """The op's memory class in training, by the plain answer of the safety matrix."""
    return card.safety.saved[0].answer if card.safety and card.safety.saved else UNKNOWN
