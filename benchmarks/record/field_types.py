"""Types of stored fields: what each may hold and in which unit.

A declaration (a dataclass or a TypedDict) annotates its fields with these; `checking` reads parsed JSON by them, and a
column of a table gets its type from them. A number always has a unit: a bare `int` or `float` is no field's type.
"""

import functools
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

#: No stored number reaches this; a file that says so is broken, and would overflow its readers' integers.
MOST = 2**60


@dataclass(frozen=True)
class Number:
    """From zero up to below MOST, in a unit. Of an `int`, a whole number."""

    unit: str
    signed: bool = False  #: down to above -MOST too


@dataclass(frozen=True)
class Text:
    """A text of so many characters at most, and of a pattern where there is one."""

    longest: int
    pattern: str | None = None
    printable: bool = False  #: nothing in it moves a terminal's cursor or breaks a line


@dataclass(frozen=True)
class Choice:
    """One of some texts."""

    values: tuple[str, ...]


Seconds = Annotated[float, Number("s")]
#: Below zero where a round took less than the clock's own cost.
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
    """A field's type taken apart."""

    base: Any  #: str, bool, int, float, tuple, list, dict, a declared class or Any
    limit: Number | Text | Choice | None
    optional: bool  #: None where the field does not apply
    inner: tuple[Any, ...] = ()  #: types of a sequence's items, or of a dict's keys and values


@functools.cache
def types_of(declared: type) -> dict[str, Any]:
    """The annotations of a declaration by field, in declared order, with what `Annotated` adds."""
    return get_type_hints(declared, include_extras=True)


def field_type(annotation: Any) -> FieldType:
    """An annotation taken apart. TypeError for one that no stored field can have."""
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
