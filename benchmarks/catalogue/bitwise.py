"""Integer ops: bits, shifts, divisors. One line per pair."""

from typing import Any

from benchmarks.catalogue.dtypes import BITS, INTEGERS
from benchmarks.catalogue.pair import NO_GRAPH, Pair


def integral(name: str, *others: str, dtypes: tuple[str, ...] = INTEGERS, **fields: Any) -> Pair:
    """A pair of tensor methods on integers."""
    return Pair(name, others=others, dtypes=dtypes, phases=NO_GRAPH, **fields)


PAIRS = (
    integral("bitwise_and", "real", scalar=True, dtypes=BITS),
    integral("bitwise_left_shift", "shift", scalar=True),
    integral("bitwise_not", dtypes=BITS),
    integral("bitwise_or", "real", scalar=True, dtypes=BITS),
    integral("bitwise_right_shift", "shift", scalar=True),
    integral("bitwise_xor", "real", scalar=True, dtypes=BITS),
    integral("gcd", "real"),
    integral("lcm", "real", dtypes=("int64", "int32")),
)
