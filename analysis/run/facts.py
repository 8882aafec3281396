"""Reads the facts in `run.json`. Any field may be missing or of the wrong type: nothing is trusted."""

import math
from datetime import datetime, timezone

from benchmarks.record import INPLACE, OUTOFPLACE, PROSE, THRESHOLDS


def number(value: object) -> float | None:
    """`value` if it is a sane number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < 1e18 and math.isfinite(value) else None


def text(value: object) -> str | None:
    """`value` as text if it is a text or a number; None if it is empty or of another type."""
    if isinstance(value, str):
        return value.strip() or None
    return f"{value}" if number(value) is not None else None


def part(facts: dict, name: str) -> dict:
    """The object `name` of `facts`, or an empty one."""
    value = facts.get(name)
    return value if isinstance(value, dict) else {}


def items(facts: dict, name: str) -> list[dict]:
    """The objects in the list `name` of `facts`."""
    value = facts.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def thresholds(facts: dict) -> dict[str, float]:
    """The run's own thresholds (shares of 1); this code's where the run's are missing or make no sense."""
    stored = {name: number(part(facts, "thresholds").get(name)) for name in THRESHOLDS}
    return {name: value if value is not None and 0 < value < 1 else THRESHOLDS[name] for name, value in stored.items()}


def code(facts: dict, pair: str) -> tuple[str, str] | None:
    """The code of a pair's variants (out-of-place, in-place), where the run has it."""
    variants = part(part(facts, "pairs"), pair)
    outofplace, inplace = text(variants.get("outofplace")), text(variants.get("inplace"))
    return (outofplace, inplace) if outofplace and inplace else None


def labels(facts: dict, pair: str) -> tuple[str, str]:
    """The names of a pair's variants: as the pair declares them, else out-of-place and in-place."""
    declared = part(part(facts, "pairs"), pair).get("labels")
    if isinstance(declared, list) and len(declared) == len(PROSE):
        outofplace, inplace = map(text, declared)
        if outofplace and inplace:
            return outofplace, inplace
    return PROSE[OUTOFPLACE], PROSE[INPLACE]


def moment(value: object) -> datetime | None:
    """An ISO time of the run, in UTC."""
    try:
        found = datetime.fromisoformat(value.replace("Z", "+00:00")) if isinstance(value, str) else None
    except ValueError:
        return None
    if found is None or not 1971 < found.year < 9000:
        return None
    return found.replace(tzinfo=timezone.utc) if found.tzinfo is None else found.astimezone(timezone.utc)
