"""Where inputs are drawn from: inside the ops' domains, away from zero, so that no value or gradient degenerates.

Each domain is an interval of magnitudes, with both signs where `signed`. Magnitudes keep clear of 0 (denormal
results, division), of poles (tan, log, gamma at non-positive integers) and of half the range of float16. An operand
that says where, and not how much (a mask, an index), has a domain of its own kind and its own dtype.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Domain:
    """Uniform magnitudes in [low, high), both signs equally likely where signed.

    An integer input is drawn from `integers`, both ends included; a bool one is true or false with equal odds.
    """

    low: float
    high: float
    signed: bool
    integers: tuple[int, int] = (1, 100)


@dataclass(frozen=True)
class Places:
    """Where an op writes: a `mask` (bool, half of it true), or int64 positions, each once: no write meets another.

    `rows`: a permutation of the first dimension. `column_wise`: in each column a permutation of the first dimension.
    `anywhere`: a permutation of all elements.
    """

    kind: str


DOMAINS: dict[str, Domain | Places] = {
    "real": Domain(0.25, 2.0, signed=True),
    "positive": Domain(0.25, 2.0, signed=False),
    "unit": Domain(0.1, 0.9, signed=True),  # inside (-1, 1): asin, acos, atanh, erfinv, tan
    "fraction": Domain(0.1, 0.9, signed=False),  # inside (0, 1): logit, weights, probabilities
    "above_one": Domain(1.25, 4.0, signed=False),  # acosh, mvlgamma, divisors of a remainder
    "near_one": Domain(0.99, 1.01, signed=False),  # factors of long products: a million of them stay finite
    "shift": Domain(1.0, 3.0, signed=False, integers=(0, 6)),  # bits to shift by: within the narrowest integer
    "mask": Places("mask"),
    "rows": Places("rows"),
    "column_wise": Places("column_wise"),
    "anywhere": Places("anywhere"),
}


def value_domain(name: str) -> Domain:
    """The domain of that name; ValueError where it says where, and not how much."""
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


#: Domains of an input, or of an operand that is combined with it element by element.
VALUES = tuple(name for name, domain in DOMAINS.items() if isinstance(domain, Domain))
