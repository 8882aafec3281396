"""Where a ratio lies on a logarithmic axis: ends, ticks and places, alike for the figures and for the page."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

#: A ratio beyond it, or below its inverse, has no place on an axis: it is drawn at its end.
WIDEST = 64.0
#: Ticks, finest first; the first set of which few enough fit is taken. 1 is in all of them.
_TICKS = (
    (0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2),
    (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6),
    (0.25, 0.35, 0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 8),
    (1 / 16, 1 / 8, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64),
    (1 / 64, 1 / 16, 0.25, 1, 4, 16, 64),
    (1 / 64, 1 / 8, 1, 8, 64),
)


def ratio_limits(ratios: Iterable[float], margin: float = 1.06) -> tuple[float, float]:
    """Ends of an axis for `ratios` that has 1 inside; what is no number, or beyond WIDEST, does not stretch it."""
    values = [ratio for ratio in ratios if math.isfinite(ratio) and 1 / WIDEST <= ratio <= WIDEST]
    low, high = (min(min(values), 0.95), max(max(values), 1.1)) if values else (0.9, 1.1)
    return low / margin, high * margin


def ratio_ticks(limits: tuple[float, float], most: int) -> list[float]:
    """At most `most` round ratios within `limits`, 1 among them, and none of them far from an end."""
    reaching = (ticks for ticks in _TICKS if _reach(ticks, limits))
    fitting = ([tick for tick in ticks if limits[0] <= tick <= limits[1]] for ticks in reaching)
    return next((some for some in fitting if len(some) <= most), [1.0])


def _reach(ticks: tuple[float, ...], limits: tuple[float, float]) -> bool:
    """Whether no further tick would find a place at either end: fine ones would crowd around 1 on a wide axis."""
    first, second, *_, last_but_one, last = ticks
    return first * first / second <= limits[0] and limits[1] <= last * last / last_but_one


@dataclass(frozen=True)
class Scale:
    """A logarithmic axis from `start` to `end` (in the units of a drawing) for ratios between `limits`."""

    limits: tuple[float, float]
    start: float
    end: float

    def at(self, ratio: float) -> float:
        """The place of `ratio`, to a tenth; of what lies beyond an end, that end."""
        low, high = map(math.log, self.limits)
        share = (min(max(math.log(ratio), low), high) - low) / (high - low)
        return round(self.start + share * (self.end - self.start), 1)

    def beyond(self, ratio: float) -> bool:
        """Whether `ratio` lies beyond an end."""
        return not self.limits[0] <= ratio <= self.limits[1]

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """(place, text) of a few round ratios."""
        return [(self.at(tick), f"{tick:.3g}x") for tick in ratio_ticks(self.limits, most)]
