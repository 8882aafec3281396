"""What people expect of a scenario: stored with a run; the analysis judges the measurement by it."""

from dataclasses import dataclass
from typing import Annotated

from benchmarks.record.checking import read_fields, read_object, reader_of
from benchmarks.record.field_types import Choice, Number
from benchmarks.record.names import Phase, Variant

#: What is compared, as the column names of both variants end: the call's time in seconds, its peak bytes, the bytes
#: held for backward.
EXPECTED_QUANTITIES = {"time": "time_s", "peak": "peak_bytes", "held": "held_bytes"}
#: What in-place needs compared with out-of-place.
RELATIONS = LESS, SAME, MORE = ("less", "same", "more")

Quantity = Annotated[str, Choice(tuple(EXPECTED_QUANTITIES))]
Relation = Annotated[str, Choice(RELATIONS)]


@dataclass(frozen=True)
class Expectation:
    """In-place needs `relation` of `quantity` in `phase`: less or more by at least `factor`, or the same within it."""

    phase: Phase
    quantity: Quantity
    relation: Relation
    source: str  #: who says so: a paper, an issue, a page of documentation, a derivation
    about: str = ""  #: the expectation in its source's words
    #: `less`, `more`: at least this many times. `same`: at most this many times in either direction.
    factor: Annotated[float, Number("times")] | None = None

    def __post_init__(self) -> None:
        if self.quantity not in EXPECTED_QUANTITIES or self.relation not in RELATIONS:
            names = tuple(EXPECTED_QUANTITIES)
            raise ValueError(f"an expectation is {RELATIONS} of {names}, not {self.relation} {self.quantity}")
        if self.factor is not None and self.factor <= 1:
            raise ValueError(f"a factor says how many times, so it is above 1, not {self.factor}")


@dataclass(frozen=True)
class Growth:
    """`quantity` of one variant in `phase` grows as the scale to the power of `exponent`, at large scales."""

    phase: Phase
    quantity: Quantity
    variant: Variant
    exponent: Annotated[float, Number("power of the scale", signed=True)]
    source: str
    about: str = ""


#: Both classes, by the word stored as `kind`.
EXPECTED = {"expectation": Expectation, "growth": Growth}

_KIND = {"kind": reader_of(Annotated[str, Choice(tuple(EXPECTED))])}


def read_expected(value: object) -> Expectation | Growth:
    """The expectation in one parsed JSON value. ValueError, one line, if it is of neither kind."""
    if not isinstance(value, dict):
        raise ValueError("an expectation must be a JSON object")
    fields = dict(value)
    kind = read_fields(_KIND, {"kind": fields.pop("kind", None)})["kind"]
    return read_object(EXPECTED[kind], fields)
