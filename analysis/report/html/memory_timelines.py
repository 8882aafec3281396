"""Live memory over a scenario's call as drawn on its card: both variants in one axis, so that one sees why a peak moves
or does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.numbers.timelines import PhaseAt, Timeline
from analysis.run.scenarios import DeclaredScenario
from analysis.units import bytes_text
from benchmarks.record import VARIANTS

WIDTH, HEIGHT = 260, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 10, 10, 24


@dataclass(frozen=True)
class TimelineLine:
    """One variant: a path of steps, the place of its peak, and a sentence on it."""

    variant: str
    way: str
    peak: tuple[float, float]
    about: str  #: 'out-of-place: at most 5.01 MiB, in backward'


@dataclass(frozen=True)
class TimelinePanel:
    """A phase: bytes from zero upwards against the allocator's events of its call, and of backward behind it."""

    title: str
    ends: list[tuple[float, str]]  #: y and text of nothing and of the most
    regions: list[tuple[float, str]]  #: x of the middle, and the name
    split: float | None  #: x at which backward begins
    lines: list[TimelineLine]


def timeline_panels(
    scenario: DeclaredScenario, scales: Mapping[str, int], timelines: Mapping[PhaseAt, Mapping[str, Timeline]]
) -> list[TimelinePanel]:
    """A scenario's phases at these scales, if they were stored. A step shows its forward and backward too."""
    called: dict[str, str] = dict(zip(VARIANTS, scenario.labels, strict=True))
    phases = [phase for phase in scales if "step" not in scales or phase in ("step", "inference")]
    found = [(phase, timelines.get((scenario.name, phase, scales[phase]))) for phase in phases]
    return [timeline_panel(scenario.phase_text(phase), both, called) for phase, both in found if both is not None]


def timeline_panel(phase: str, both: Mapping[str, Timeline], called: Mapping[str, str]) -> TimelinePanel:
    """Both variants of a phase, which are `called` so."""
    most = max(timeline.peak_bytes for timeline in both.values()) or 1
    has_backward = any(timeline.backward for timeline in both.values())
    split = (_LEFT + WIDTH - _RIGHT) / 2 if has_backward else WIDTH - _RIGHT
    regions = [((_LEFT + split) / 2, "forward" if has_backward else "the call")]
    if has_backward:
        regions.append(((split + WIDTH - _RIGHT) / 2, "backward"))

    def y(nbytes: int) -> float:
        return round(HEIGHT - _BOTTOM - nbytes / most * (HEIGHT - _BOTTOM - _TOP), 1)

    def line(variant: str) -> TimelineLine:
        timeline = both[variant]
        steps = [*_steps(timeline.forward, _LEFT, split), *_steps(timeline.backward, split, WIDTH - _RIGHT)]
        highest = max(steps, key=lambda step: step[2])
        where = f", in {timeline.peak_region}" if has_backward else ""
        return TimelineLine(
            variant,
            _stairs([(start, end, y(nbytes)) for start, end, nbytes in steps]),
            (round((highest[0] + highest[1]) / 2, 1), y(highest[2])),
            f"{called[variant]}: at most {bytes_text(timeline.peak_bytes)}{where}",
        )

    lines = [line(variant) for variant in VARIANTS]
    ends = [(y(0), "0"), (y(most), bytes_text(most))]
    return TimelinePanel(f"{phase}: live memory", ends, regions, split if has_backward else None, lines)


def _steps(values: Sequence[int], start: float, end: float) -> list[tuple[float, float, int]]:
    """Each value from where to where."""
    wide = (end - start) / max(1, len(values))
    return [
        (round(start + place * wide, 1), round(start + (place + 1) * wide, 1), value)
        for place, value in enumerate(values)
    ]


def _stairs(steps: Sequence[tuple[float, float, float]]) -> str:
    """A path along steps (from, to, height); neighbours of one height are one line."""
    path, (before, end) = f"M{steps[0][0]:g} {steps[0][2]:g}", (steps[0][2], 0.0)
    for _, end_of_step, height in steps:
        path += f"H{end:g}V{height:g}" if height != before else ""
        before, end = height, end_of_step
    return f"{path}H{end:g}"
