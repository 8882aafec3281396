"""Types of stored fields: what each may hold, and in which unit.

A declaration (a dataclass or a TypedDict) annotates its fields with these types. `checking` reads parsed JSON by them,
and table columns get their types from them. A number always has a unit: bare `int` and `float` are no field types.
"""

import functools
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

#: Stored numbers are below this; larger ones mean a broken file, and would overflow its readers' integers.
MOST = 2**60


@dataclass(frozen=True)
class Number:
    """A number from zero to below MOST, in a unit; whole if annotated `int`."""

    unit: str
    signed: bool = False  #: also negative, above -MOST


@dataclass(frozen=True)
class Text:
    """A text with a maximum length in characters, and a pattern if given."""

    longest: int
    pattern: str | None = None
    printable: bool = False  #: no control characters, such as line breaks or cursor moves


@dataclass(frozen=True)
class Choice:
    """One of several texts."""

    values: tuple[str, ...]


Seconds = Annotated[float, Number("s")]
#: Negative where a round took less than the clock's own cost.
SignedSeconds = Annotated[float, Number("s", signed=True)]
Bytes = Annotated[int, Number("bytes")]
BytesPerSecond = Annotated[float, Number("bytes/s")]
Hertz = Annotated[float, Number("Hz")]
Watts = Annotated[float, Number("W")]
Share = Annotated[float, Number("share of 1")]
Count = Annotated[int, Number("count")]  #: of what the field's name says
PerCall = Annotated[float, Number("count per call")]


@dataclass(frozen=True)
class FieldType:
    """A field's type, parsed."""

    base: Any  #: str, bool, int, float, tuple, list, dict, a declared class or Any
    limit: Number | Text | Choice | None
    optional: bool  #: None means that the field does not apply
    inner: tuple[Any, ...] = ()  #: types of a sequence's items, or of a dict's keys and values


@functools.cache
def types_of(declared: type) -> dict[str, Any]:
    """A declaration's annotations by field, in declared order, including what `Annotated` adds."""
    return get_type_hints(declared, include_extras=True)


def field_type(annotation: Any) -> FieldType:
    """Parse an annotation. TypeError if it is not a stored field's type."""
    if get_origin(annotation) in (Union, UnionType):
        inner = [each for each in get_args(annotation) if each is not type(None)]
        if len(inner) != 1 or len(get_args(annotation)) != 2:
            raise TypeError(f"{annotation} is no type of a stored field")
        plain = field_type(inner[0])
        return FieldType(plain.base, plain.limit, True, plain.inner)
    if get_origin(annotation) is Annotated:
        base, limit, *_ = get_args(annotation)
        return FieldType(base, limit, False)
    if annotation in (int, float):
        raise TypeError(f"a number needs a unit: {annotation} is no type of a stored field")
    return FieldType(get_origin(annotation) or annotation, None, False, get_args(annotation))
