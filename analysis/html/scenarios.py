"""In real models: the scenarios of a section, model-sized pairs that are cases like all others."""

from dataclasses import dataclass

from analysis.card import Card
from analysis.html.anchors import Anchors
from analysis.tables import arrow_text, bytes_text, interval_text, known, ratio_text, time_text

FAMILY = "scenarios"


@dataclass(frozen=True)
class Scenario:
    """A scenario in one phase."""

    pair: str
    anchor: str
    phase: str
    times: str
    speedup: str
    verdict: str
    peak: str


def scenarios(cards: list[Card], anchors: Anchors) -> list[Scenario]:
    """The scenarios among `cards`, a row a case; none where none was measured."""
    return [
        Scenario(
            pair=case.label,
            anchor=anchors.op(card.family, card.pair),
            phase=case.case.phase,
            times=arrow_text(*(time_text(t) for t in (case.outofplace_time_s, case.inplace_time_s))),
            speedup=f"{ratio_text(case.speedup)} ({interval_text(case.speedup_low, case.speedup_high)})"
            if known(case.speedup_low)
            else ratio_text(case.speedup),
            verdict=case.verdict or case.state.replace("_", " "),
            peak=_bytes(case.outofplace_step_peak_bytes, case.inplace_step_peak_bytes)
            or _bytes(case.outofplace_peak_bytes, case.inplace_peak_bytes),
        )
        for card in cards
        if card.family == FAMILY
        for case in card.cases
    ]


def _bytes(outofplace: int | None, inplace: int | None) -> str:
    return arrow_text(bytes_text(outofplace), bytes_text(inplace)) if known(outofplace) and known(inplace) else ""
