"""Every object in a stored value, with its declaration."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any, is_typeddict

from benchmarks.record.field_types import field_type, types_of


def declarations(declared: Any) -> Iterator[type]:
    """A declaration and the declarations of its fields."""
    yield declared
    for annotation in types_of(declared).values():
        for part in _parts(annotation):
            if is_dataclass(part) or is_typeddict(part):
                yield from declarations(part)


def _parts(annotation: Any) -> Iterator[Any]:
    kind = field_type(annotation)
    yield kind.base
    for inner in kind.inner:
        if inner is not Ellipsis:
            yield from _parts(inner)


def objects(annotation: Any, value: Any) -> Iterator[tuple[type, dict]]:
    """(declaration, object) for each JSON object in `value` that a TypedDict declares."""
    kind = field_type(annotation)
    if value is None:
        return
    if is_typeddict(kind.base):
        yield kind.base, value
        for name, inner in types_of(kind.base).items():
            yield from objects(inner, value.get(name))
    elif kind.base is list:
        for item in value:
            yield from objects(kind.inner[0], item)
    elif kind.base is dict:
        for item in value.values():
            yield from objects(kind.inner[1], item)
