"""Strict JSON, as stored: without the NaN and Infinity that Python writes and reads by default."""

import json
from typing import Any


def dumps(value: Any, indent: int | None = None) -> str:
    """`value` as strict JSON: on one line without spaces, or indented. ValueError for NaN and Infinity."""
    separators = None if indent else (",", ":")
    return json.dumps(value, indent=indent, separators=separators, allow_nan=False)


def loads(text: str) -> Any:
    """Parse a text of strict JSON. ValueError, or RecursionError if it nests too deep."""
    return _DECODER.decode(text)


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not strict JSON")


#: One decoder for all texts: `json.loads` would make one per journal line.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
