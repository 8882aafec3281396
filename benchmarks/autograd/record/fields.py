"""Stored values are read without trust: a JSON object is the dataclass that it claims to be, or refused."""

from dataclasses import fields
from typing import Any


def fields_of(value: Any, kind: type) -> dict[str, Any]:
    """The fields of one parsed JSON value: all those of the dataclass `kind`; ValueError says what is wrong."""
    names = {field.name for field in fields(kind)}
    if not isinstance(value, dict):
        raise ValueError(f"{kind.__name__} must be a JSON object")
    odd = names ^ value.keys()
    if odd:
        first = min(odd, key=str)
        raise ValueError(f"field {str(first)[:40]!r} is {'missing' if first in names else 'unknown'}")
    return {name: value[name] for name in names}
