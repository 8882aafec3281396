"""Looks at how wide a case's interval is by then: a narrow case leaves the later passes of a run to the wide ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.record import THRESHOLDS
from benchmarks.record.interval import interval


@dataclass(frozen=True)
class WidthLook:
    """A look at the interval of a case after so many passes of its heap."""

    passes: int  #: six are the fewest that give an interval
    half_width: float  #: at most, of the interval of the log speedup; a case that has this leaves the later passes


def left_after(log_speedups: Sequence[float | None], looks: Sequence[WidthLook]) -> int | None:
    """Return after how many passes a case leaves a run; None if it stays.

    `log_speedups`: those of its passes so far, in their order; None for a pass that gave none. The width decides, never
    the verdict, and only at a few looks: to stop at a lucky moment would report too many differences.
    """
    for look in looks:
        known = [value for value in log_speedups[: look.passes] if value is not None]
        bounds = interval(known, THRESHOLDS["confidence"])
        if len(known) == look.passes and bounds is not None and (bounds[1] - bounds[0]) / 2 <= look.half_width:
            return look.passes
    return None
