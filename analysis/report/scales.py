"""Logarithmic axes for ratios: ends, ticks and places, for figures and page alike."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

#: Ratios above this, or below its inverse, are drawn at the end of an axis.
WIDEST = 64.0
#: Sets of ticks, finest first; the first set with few enough ticks is taken. All include 1.
_TICKS = (
    (0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2),
    (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6),
    (0.25, 0.35, 0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 8),
    (1 / 16, 1 / 8, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64),
    (1 / 64, 1 / 16, 0.25, 1, 4, 16, 64),
    (1 / 64, 1 / 8, 1, 8, 64),
)


def ratio_limits(ratios: Iterable[float], margin: float = 1.06) -> tuple[float, float]:
    """Ends of an axis for `ratios` that includes 1; missing values and those beyond WIDEST do not stretch it."""
    values = [ratio for ratio in ratios if math.isfinite(ratio) and 1 / WIDEST <= ratio <= WIDEST]
    low, high = (min(min(values), 0.95), max(max(values), 1.1)) if values else (0.9, 1.1)
    return low / margin, high * margin


def ratio_ticks(limits: tuple[float, float], most: int) -> list[float]:
    """At most `most` round ratios within `limits`, including 1, with the outermost near the ends."""
    reaching = (ticks for ticks in _TICKS if _reach_ends(ticks, limits))
    fitting = ([tick for tick in ticks if limits[0] <= tick <= limits[1]] for ticks in reaching)
    return next((some for some in fitting if len(some) <= most), [1.0])


def _reach_ends(ticks: tuple[float, ...], limits: tuple[float, float]) -> bool:
    """Whether the outermost ticks are near both ends: on a wide axis fine ticks would crowd around 1."""
    first, second, *_, last_but_one, last = ticks
    return first * first / second <= limits[0] and limits[1] <= last * last / last_but_one


@dataclass(frozen=True)
class Scale:
    """A logarithmic axis from `start` to `end` (in the units of a drawing) for ratios between `limits`."""

    limits: tuple[float, float]
    start: float
    end: float

    def at(self, ratio: float) -> float:
        """The place of `ratio`, to a tenth; the nearest end for a ratio outside the limits."""
        low, high = map(math.log, self.limits)
        share = (min(max(math.log(ratio), low), high) - low) / (high - low)
        return round(self.start + share * (self.end - self.start), 1)

    def beyond(self, ratio: float) -> bool:
        """Whether `ratio` lies beyond an end."""
        return not self.limits[0] <= ratio <= self.limits[1]

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """(place, text) of a few round ratios."""
        return [(self.at(tick), f"{tick:.3g}x") for tick in ratio_ticks(self.limits, most)]
