"""Checks parsed JSON against a declaration: one checker for everything that is stored.

A reader returns a value in its field's type (a JSON list as a tuple, an object as its dataclass) or raises ValueError
with one line. It trusts nothing: a bool is not a number; NaN and numbers that overflow are refused.
"""

import functools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from typing import Any, TypeVar, is_typeddict

from benchmarks.record.field_types import MOST, Choice, FieldType, Number, Text, field_type, types_of

Reader = Callable[[Any], Any]
T = TypeVar("T")


class Misfit(ValueError):
    """A value does not fit its field; the message is the value, shortened."""

    def __init__(self, value: object) -> None:
        super().__init__(repr(str(value)[:60]))


@functools.cache
def readers_of(declared: type) -> dict[str, Reader]:
    """A reader for each field of a declaration."""
    return {name: reader_of(annotation) for name, annotation in types_of(declared).items()}


def read_fields(readers: Mapping[str, Reader], values: Mapping[str, Any]) -> dict[str, Any]:
    """Each value in its field's type. ValueError names a field whose value does not fit."""
    made = {}
    for name, value in values.items():
        try:
            made[name] = readers[name](value)
        except Misfit as misfit:
            raise ValueError(f"field {name!r} holds {misfit}") from None
    return made


def read_object(declared: type[T], value: object) -> T:
    """A parsed JSON object as the dataclass: all its fields and no others. ValueError says what is wrong."""
    if not isinstance(value, dict):
        raise ValueError(f"{declared.__name__} must be a JSON object")
    known = types_of(declared)
    if missing := [name for name in known if name not in value]:
        raise ValueError(f"field {missing[0]!r} is missing")
    if unknown := value.keys() - known.keys():
        raise ValueError(f"field {min(map(str, unknown))[:60]!r} is unknown")
    return declared(**read_fields(readers_of(declared), value))


def reader_of(annotation: Any, null: bool = True) -> Reader:
    """A reader for a field of this type. `null`: an optional field's None is stored as null instead of left out."""
    kind = field_type(annotation)
    read = _reader(kind)
    if not (null and kind.optional):
        return read
    return lambda value: None if value is None else read(value)


def _reader(kind: FieldType) -> Reader:
    if kind.base is Any:
        return lambda value: value
    if kind.base in (tuple, list):
        return _sequence(kind)
    if kind.base is dict:
        return _mapping(*kind.inner)
    if isinstance(kind.base, type) and is_dataclass(kind.base):
        return functools.partial(read_object, kind.base)
    if is_typeddict(kind.base):
        return _typed_dict(kind.base)
    return _single(kind)


def _single(kind: FieldType) -> Reader:
    fits = _fits(kind)

    def read(value: Any) -> Any:
        if fits(value):
            return value
        raise Misfit(value)

    return read


def _fits(kind: FieldType) -> Callable[[Any], bool]:
    limit = kind.limit
    if isinstance(limit, Number):
        types, least = _numbers(kind)
        return lambda value: type(value) in types and least <= value < MOST  # NaN compares as false
    if isinstance(limit, Choice):
        return lambda value: type(value) is str and value in limit.values
    if isinstance(limit, Text):
        return lambda value: type(value) is str and _is_text(limit, value)
    return lambda value: type(value) is kind.base


def _numbers(kind: FieldType) -> tuple[set[type], int]:
    signed = isinstance(kind.limit, Number) and kind.limit.signed
    return {int} if kind.base is int else {int, float}, 1 - MOST if signed else 0


def _is_text(limit: Text, value: str) -> bool:
    if len(value) > limit.longest or (limit.printable and not value.isprintable()):
        return False
    return limit.pattern is None or re.fullmatch(limit.pattern, value) is not None


def _sequence(kind: FieldType) -> Reader:
    item = field_type(kind.inner[0])
    if isinstance(item.limit, Number):
        return _number_sequence(kind.base, item)
    read_item = reader_of(kind.inner[0])

    def read(value: Any) -> Any:
        if type(value) is not list:
            raise Misfit(value)
        return kind.base(map(read_item, value))

    return read


def _number_sequence(made: type, item: FieldType) -> Reader:
    """A reader that checks all numbers together, as a line holds a hundred; their sum shows a NaN."""
    types, least = _numbers(item)

    def read(values: Any) -> Any:
        if type(values) is not list or not set(map(type, values)) <= types:
            raise Misfit(values)
        if values and not (min(values) >= least and max(values) < MOST and not math.isnan(sum(values))):
            raise Misfit(values)
        return made(values)

    return read


def _mapping(key: Any, item: Any) -> Reader:
    """A reader of a dict. Keys from a choice come out in the choice's order, others in stored order."""
    read_key, read_item = reader_of(key), reader_of(item)
    limit = field_type(key).limit
    order = limit.values if isinstance(limit, Choice) else None

    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise Misfit(value)
        for name in value:
            read_key(name)
        return {name: read_item(value[name]) for name in order or value if name in value}

    return read


def _typed_dict(declared: Any) -> Reader:
    """A reader of a TypedDict. Undeclared fields are allowed: a later version of the suite may have written them."""
    readers = readers_of(declared)

    def read(value: Any) -> Any:
        if type(value) is not dict or not declared.__required_keys__ <= value.keys():
            raise Misfit(value)
        return value | read_fields(readers, {name: value[name] for name in readers if name in value})

    return read
