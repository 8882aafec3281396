"""What the field expects of a scenario: data that the analysis sets beside the measurement and judges."""

from dataclasses import dataclass

#: What is compared: the time of the phase's call, its peak bytes, the bytes held for backward.
QUANTITIES = ("time", "peak", "held")
#: What in-place needs of it, against out-of-place.
RELATIONS = ("less", "same", "more")


@dataclass(frozen=True)
class Expectation:
    """In-place needs `relation` of `quantity` in `phase`: by at least `factor`, or the same within it."""

    phase: str
    quantity: str
    relation: str
    source: str  #: who says so: a paper, an issue, a page of documentation, a derivation
    about: str = ""  #: the belief in its own words
    factor: float | None = None  #: at least so many times less or more; of the same, at most so many times either way

    def __post_init__(self) -> None:
        if self.quantity not in QUANTITIES or self.relation not in RELATIONS:
            raise ValueError(f"an expectation is {RELATIONS} of {QUANTITIES}, not {self.relation} {self.quantity}")
        if self.factor is not None and self.factor <= 1:
            raise ValueError(f"a factor says how many times, so it is above 1, not {self.factor}")


@dataclass(frozen=True)
class Growth:
    """`quantity` of one variant in `phase` grows as the scale to the power of `exponent`, towards large scales."""

    phase: str
    quantity: str
    variant: str
    exponent: float
    source: str
    about: str = ""
