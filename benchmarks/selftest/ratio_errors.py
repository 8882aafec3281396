"""Errors of ratios as the self-test prints them: |ln ratio| in per cent."""

import math
import statistics
from collections.abc import Sequence


def percentile(errors: Sequence[float], share: float = 0.95) -> float:
    """The smallest error that at least `share` of the errors do not exceed; needs one error or more."""
    ordered = sorted(errors)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def ratio_errors_text(errors: Sequence[float]) -> str:
    """Median and 95th percentile of |ln ratio|, in per cent."""
    if not errors:
        return "none"
    median, high = statistics.median(errors), percentile(errors)
    return f"median {median:.2%}, 95th percentile {high:.2%} (n = {len(errors)})"
