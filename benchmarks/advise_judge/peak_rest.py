"""Check the bytes that the advisor names at the peak of a step: they add up to the peak, and little has no name."""

from collections.abc import Mapping
from typing import Any

from benchmarks.attribution.breakdown import NOT_ATTRIBUTED

#: The largest share of a peak that may be attributed to no op.
MOST_REST = 0.02


def rest_of(facts: Mapping[str, Any]) -> tuple[float | None, list[str]]:
    """Return the largest share of a peak that an answer attributes to no op, and what is wrong with it, in words.

    `facts`: the answer, with its places. Each step counts, as it is and patched. The share is None if no bytes have
    names.
    """
    shares, mistakes = [], []
    for found in (*(facts.get("places") or ()), *(facts.get("places_patched") or ())):
        if "why" in found:
            mistakes.append(f"the bytes at the peak have no names: {found['why']}")
            continue
        peak, total = found["peak_bytes"], sum(row["nbytes"] for row in found["rows"])
        if total != peak:
            mistakes.append(f"the bytes at the peak add up to {total}, not {peak}")
        shares.append(sum(row["nbytes"] for row in found["rows"] if row["category"] == NOT_ATTRIBUTED) / max(1, peak))
        if shares[-1] > MOST_REST:
            mistakes.append(f"{shares[-1]:.1%} of the peak are attributed to no op")
    return (max(shares) if shares else None), mistakes
