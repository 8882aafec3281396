"""What the field expects of a scenario: stored with a run, set beside the measurement and judged by the analysis."""

from dataclasses import dataclass
from typing import Annotated

from benchmarks.record.checking import read_fields, read_object, reader_of
from benchmarks.record.field_types import Choice, Number
from benchmarks.record.names import Phase, Variant

#: What is compared, by the name that both variants' columns end in: the time of the phase's call in seconds, its peak
#: bytes, the bytes held for backward.
EXPECTED_QUANTITIES = {"time": "time_s", "peak": "peak_bytes", "held": "held_bytes"}
#: What in-place needs of it, against out-of-place.
RELATIONS = LESS, SAME, MORE = ("less", "same", "more")

Quantity = Annotated[str, Choice(tuple(EXPECTED_QUANTITIES))]
Relation = Annotated[str, Choice(RELATIONS)]


@dataclass(frozen=True)
class Expectation:
    """In-place needs `relation` of `quantity` in `phase`: by at least `factor`, or the same within it."""

    phase: Phase
    quantity: Quantity
    relation: Relation
    source: str  #: who says so: a paper, an issue, a page of documentation, a derivation
    about: str = ""  #: the belief in its own words
    #: At least so many times less or more; of the same, at most so many times either way.
    factor: Annotated[float, Number("times")] | None = None

    def __post_init__(self) -> None:
        if self.quantity not in EXPECTED_QUANTITIES or self.relation not in RELATIONS:
            names = tuple(EXPECTED_QUANTITIES)
            raise ValueError(f"an expectation is {RELATIONS} of {names}, not {self.relation} {self.quantity}")
        if self.factor is not None and self.factor <= 1:
            raise ValueError(f"a factor says how many times, so it is above 1, not {self.factor}")


@dataclass(frozen=True)
class Growth:
    """`quantity` of one variant in `phase` grows as the scale to the power of `exponent`, towards large scales."""

    phase: Phase
    quantity: Quantity
    variant: Variant
    exponent: Annotated[float, Number("power of the scale", signed=True)]
    source: str
    about: str = ""


#: Either kind, by the word that is stored as its `kind`.
EXPECTED = {"expectation": Expectation, "growth": Growth}

_KIND = {"kind": reader_of(Annotated[str, Choice(tuple(EXPECTED))])}


def read_expected(value: object) -> Expectation | Growth:
    """What one parsed JSON value says is expected. ValueError, one line, where it is neither kind."""
    if not isinstance(value, dict):
        raise ValueError("an expectation must be a JSON object")
    told = dict(value)
    kind = read_fields(_KIND, {"kind": told.pop("kind", None)})["kind"]
    return read_object(EXPECTED[kind], told)
