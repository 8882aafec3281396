"""Where inputs are drawn from: inside the ops' domains, away from zero, so that no value or gradient degenerates.

Each domain is an interval of magnitudes, with both signs where `signed`. Magnitudes keep clear of 0 (denormal
results, division), of poles (tan, log, gamma at non-positive integers) and of half the range of float16.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Domain:
    """Uniform magnitudes in [low, high), both signs equally likely where signed."""

    low: float
    high: float
    signed: bool


DOMAINS = {
    "real": Domain(0.25, 2.0, signed=True),
    "positive": Domain(0.25, 2.0, signed=False),
    "unit": Domain(0.1, 0.9, signed=True),  # inside (-1, 1): asin, acos, atanh, erfinv, tan
    "fraction": Domain(0.1, 0.9, signed=False),  # inside (0, 1): logit, weights, probabilities
    "above_one": Domain(1.25, 4.0, signed=False),  # acosh, mvlgamma, divisors of a remainder
}
