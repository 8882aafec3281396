"""Errors of ratios as the self-test writes them: |ln ratio|, as per cents."""

import math
import statistics
from collections.abc import Sequence


def percentile(errors: Sequence[float], share: float = 0.95) -> float:
    """The smallest error that is not exceeded by this share of at least one error."""
    ordered = sorted(errors)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def ratio_errors_text(errors: Sequence[float]) -> str:
    """Median and 95th percentile of |ln ratio|, as per cents."""
    if not errors:
        return "none"
    median, high = statistics.median(errors), percentile(errors)
    return f"median {median:.2%}, 95th percentile {high:.2%} (n = {len(errors)})"
