"""Cost against scale as drawn on the page: coordinates of marks, fitted lines and the numbers at the edges."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.numbers.felt import as_felt, host_stops
from analysis.scenarios.expectations import WORDS
from analysis.scenarios.growth import fit, points
from analysis.units import bytes_text, exponent_text, time_text
from benchmarks.record import VARIANTS

WIDTH, HEIGHT = 260, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 10, 10, 24
Points = list[tuple[int, float]]  #: scale, and seconds or bytes
Places = list[tuple[float, float]]  #: x and y in the units of the page
Values = dict[str, Points]  #: by variant
TimeOrBytes = Callable[[float], str]  #: that value as text
_CONSTANT = 0.01  #: values whose logarithms differ by less are one constant
_LETTER = 6.0  #: width of one character of a label below


@dataclass(frozen=True)
class GrowthLine:
    """One variant: its marks as (x, y, description), the line through them, the fitted line, its exponent."""

    variant: str
    called: str
    marks: list[tuple[float, float, str]]
    points: Places
    felt_points: Places  #: of felt times, where the host of a GPU decides at some scale; else none
    fitted_points: Places  #: none where no line was fitted
    exponent: str  #: 'out-of-place ∝ steps^1.02 ± 0.01'

    @property
    def way(self) -> str:
        """The line through its marks, as an SVG path."""
        return _path(self.points)

    @property
    def felt(self) -> str:
        """The line of felt times, as an SVG path; '' where there is none."""
        return _path(self.felt_points)

    @property
    def fitted(self) -> str:
        """The fitted line, as an SVG path; '' where there is none."""
        return _path(self.fitted_points)


@dataclass(frozen=True)
class GrowthPanel:
    """One quantity of both variants against the scale, both axes logarithmic."""

    title: str
    ends: list[tuple[float, str]]  #: y and text of the smallest and the largest value
    ticks: list[tuple[float, str]]  #: x and text of scales
    lines: list[GrowthLine]
    host_until: float | None  #: the x up to which the host of a GPU decides


def growth_panel(phase: str, quantity: str, rows: pd.DataFrame, axis: str, called: dict[str, str]) -> GrowthPanel:
    """One quantity of a scenario in a phase. `rows`: both variants at two scales or more; `called`: their names."""
    values = {variant: points(rows, quantity, variant) for variant in VARIANTS}
    stops = host_stops(rows, "scale") if quantity == "time" else None
    felt = {variant: points(as_felt(rows), quantity, variant) for variant in VARIANTS} if stops else {}
    text = time_text if quantity == "time" else bytes_text
    return _panel(f"{phase}: {WORDS[quantity]}", values, felt, stops, text, axis, called)


def _panel(
    title: str,
    values: Values,
    felt: Values,
    stops: tuple[int, int | None] | None,
    text: TimeOrBytes,
    axis: str,
    called: dict[str, str],
) -> GrowthPanel:
    every = [point for known in (*values.values(), *felt.values()) for point in known]
    across, up = (
        _Place([s for s, _ in every], _LEFT, WIDTH - _RIGHT),
        _Place([v for _, v in every], HEIGHT - _BOTTOM, _TOP),
    )
    low, high = min(v for _, v in every), max(v for _, v in every)
    ends = (
        [(up.at(low), text(low)), (up.at(high), text(high))] if text(low) != text(high) else [(up.at(high), text(high))]
    )

    def places(known: Points) -> Places:
        return [(across.at(scale), up.at(value)) for scale, value in known]

    lines = []
    for variant, known in values.items():
        about = [f"{called[variant]}, {axis} {scale:,}: {text(value)}" for scale, value in known]
        marks = [(*place, description) for place, description in zip(places(known), about, strict=True)]
        found = fit(known)
        fitted = places([(scale, found.at(scale)) for scale in (found.first, found.last)]) if found else []
        exponent = f"{axis}^{exponent_text(found.exponent, found.error)}" if found else ""
        felt_places = places(felt.get(variant, []))
        lines.append(GrowthLine(variant, called[variant], marks, places(known), felt_places, fitted, exponent))
    host_until = across.at(np.sqrt(stops[0] * (stops[1] or stops[0]))) if stops else None
    return GrowthPanel(title, ends, _ticks(sorted({scale for scale, _ in every}), across), lines, host_until)


def _path(places: Places) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in places) if places else ""


def _ticks(scales: list[int], across: "_Place") -> list[tuple[float, str]]:
    """The measured scales; of neighbours whose labels would touch, the smaller one."""
    kept: list[tuple[float, str]] = []
    for scale in scales:
        x, text = across.at(scale), f"{scale:,}"
        if not kept or x - kept[-1][0] > _LETTER * (len(text) + len(kept[-1][1])) / 2 + 4:
            kept.append((x, text))
    return kept


class _Place:
    """A logarithmic axis for `values`, from `start` to `end`; values that hardly differ lie in the middle."""

    def __init__(self, values: list[float], start: float, end: float) -> None:
        self._low, self._high = np.log(min(values)), np.log(max(values))
        if self._high - self._low < _CONSTANT:  # differences of rounding errors must not fill the panel
            self._low, self._high = self._low - np.log(2), self._high + np.log(2)
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        """The place of a value, to a tenth."""
        share = (np.log(value) - self._low) / (self._high - self._low)
        return round(float(self._start + share * (self._end - self._start)), 1)
