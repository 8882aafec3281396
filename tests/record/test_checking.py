"""The checker of stored JSON: what a declaration allows is read in its type, anything else is refused in one line."""

import math
from dataclasses import dataclass
from typing import Annotated, TypedDict

import pytest

from benchmarks.record.checking import read_fields, read_object, reader_of, readers_of
from benchmarks.record.field_types import MOST, Bytes, Choice, Count, Seconds, SignedSeconds, Text

Colour = Annotated[str, Choice(("red", "green"))]


@dataclass(frozen=True)
class Part:
    name: Annotated[str, Text(5, "[a-z]+")]
    size_bytes: Bytes | None = None


@dataclass(frozen=True)
class Thing:
    parts: tuple[Part, ...]
    colours: dict[Colour, Count]
    sound: bool


class Row(TypedDict):
    count: Count


THING = {"parts": [{"name": "a", "size_bytes": None}], "colours": {"green": 1, "red": 2}, "sound": True}


def test_an_object_is_read_in_its_types_and_choices_in_their_order():
    thing = read_object(Thing, THING)
    assert thing == Thing((Part("a"),), {"red": 2, "green": 1}, True)
    assert list(thing.colours) == ["red", "green"]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"parts": {}}, "field 'parts' holds '{}'"),
        ({"parts": [3]}, "Part must be a JSON object"),
        ({"parts": [{"name": "a"}]}, "field 'size_bytes' is missing"),
        ({"parts": [{"name": "A", "size_bytes": 1}]}, "field 'name' holds 'A'"),
        ({"parts": [{"name": "abcdef", "size_bytes": 1}]}, "field 'name' holds 'abcdef'"),
        ({"parts": [{"name": "a", "size_bytes": 1.0}]}, "field 'size_bytes' holds '1.0'"),
        ({"colours": {"blue": 1}}, "field 'colours' holds 'blue'"),
        ({"colours": {"red": "1"}}, "field 'colours' holds '1'"),
        ({"sound": 1}, "field 'sound' holds '1'"),
        ({"sound": None}, "field 'sound' holds 'None'"),
        ({"more": 1}, "field 'more' is unknown"),
    ],
    ids=str,
)
def test_what_is_not_declared_is_refused_by_its_field(changes, line):
    with pytest.raises(ValueError) as refused:
        read_object(Thing, {**THING, **changes})
    assert str(refused.value) == line


@pytest.mark.parametrize("value", [True, "1", None, -1, MOST, math.nan, math.inf, 10**400, [1]])
@pytest.mark.parametrize("kind", [Seconds, Count])
def test_what_is_no_amount(kind, value):
    with pytest.raises(ValueError):
        reader_of(kind)(value)
    with pytest.raises(ValueError):
        reader_of(tuple[kind, ...])([1, value])


def test_only_what_is_signed_is_below_zero():
    assert reader_of(tuple[SignedSeconds, ...])([-1.5, 2]) == (-1.5, 2)
    with pytest.raises(ValueError):
        reader_of(tuple[Seconds, ...])([-1.5, 2])
    with pytest.raises(ValueError):
        reader_of(SignedSeconds)(-MOST)


def test_null_is_refused_where_a_field_is_left_out_instead():
    assert reader_of(Bytes | None)(None) is None
    with pytest.raises(ValueError):
        reader_of(Bytes | None, null=False)(None)


def test_an_object_of_a_later_suite_may_hold_more():
    assert reader_of(list[Row])([{"count": 1, "more": None}]) == [{"count": 1, "more": None}]
    for wrong in ([{}], [{"count": "1"}], {}):
        with pytest.raises(ValueError):
            reader_of(list[Row])(wrong)


def test_a_long_value_is_cut_in_the_line():
    with pytest.raises(ValueError) as refused:
        read_fields(readers_of(Part), {"name": "x" * 999})
    assert len(str(refused.value)) < 100


@pytest.mark.parametrize("kind", [int, float | None, int | str | None])
def test_a_type_that_says_too_little_is_refused_at_once(kind):
    with pytest.raises(TypeError, match="is no type of a stored field"):
        reader_of(kind)
