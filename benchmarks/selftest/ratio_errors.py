"""Errors of ratios, |ln ratio|, as text in per cent."""

import math
import statistics
from collections.abc import Sequence


def percentile(errors: Sequence[float], share: float = 0.95) -> float:
    """Return the smallest error that at least `share` of the errors do not exceed. IndexError without errors."""
    ordered = sorted(errors)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def ratio_errors_text(errors: Sequence[float]) -> str:
    """Return median and 95th percentile of |ln ratio| as text in per cent; "none" without errors."""
    if not errors:
        return "none"
    median, high = statistics.median(errors), percentile(errors)
    return f"median {median:.2%}, 95th percentile {high:.2%} (n = {len(errors)})"
