"""The domains that inputs are drawn from: inside the ops' domains and away from zero, so that no value degenerates.

Each domain is an interval of magnitudes, with both signs if `signed`. Magnitudes avoid 0 (denormal results, division),
poles (tan, log, gamma at non-positive integers) and half the range of float16. An operand that is a position (a mask,
an index) instead of a value has its own kind of domain and its own dtype.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Domain:
    """Uniform magnitudes in [low, high), with both signs equally likely if signed.

    An integer input is drawn from `integers`, both ends included; a bool input is true or false with equal odds.
    """

    low: float
    high: float
    signed: bool
    integers: tuple[int, int] = (1, 100)


@dataclass(frozen=True)
class Places:
    """Positions to write: a `mask` (bool, half of it true), or int64 indices, each once: no two writes collide.

    `rows`: a permutation of the first dimension. `column_wise`: a permutation of the first dimension per column.
    `anywhere`: a permutation of all elements.
    """

    kind: str


DOMAINS: dict[str, Domain | Places] = {
    "real": Domain(0.25, 2.0, signed=True),
    "positive": Domain(0.25, 2.0, signed=False),
    "unit": Domain(0.1, 0.9, signed=True),  # inside (-1, 1): asin, acos, atanh, erfinv, tan
    "fraction": Domain(0.1, 0.9, signed=False),  # inside (0, 1): logit, weights, probabilities
    "above_one": Domain(1.25, 4.0, signed=False),  # acosh, mvlgamma, divisors of a remainder
    "near_one": Domain(0.99, 1.01, signed=False),  # factors of long products, which stay finite with a million factors
    "shift": Domain(1.0, 3.0, signed=False, integers=(0, 6)),  # bits to shift by: within the narrowest integer
    "mask": Places("mask"),
    "rows": Places("rows"),
    "column_wise": Places("column_wise"),
    "anywhere": Places("anywhere"),
}


def value_domain(name: str) -> Domain:
    """The domain of values with that name; ValueError for a domain of positions."""
    domain = DOMAINS[name]
    if isinstance(domain, Places):
        raise ValueError(f"domain {name!r} holds places, not magnitudes")
    return domain


def domain_text(name: str) -> str:
    """A domain in words: '0.25 to 2, both signs'."""
    domain = DOMAINS[name]
    if isinstance(domain, Places):
        return "a mask, half of it true" if domain.kind == "mask" else f"places ({domain.kind}), each once"
    return f"{domain.low:g} to {domain.high:g}" + (", both signs" if domain.signed else "")


#: Domains of an input, or of an operand that is combined with it elementwise.
VALUES = tuple(name for name, domain in DOMAINS.items() if isinstance(domain, Domain))
