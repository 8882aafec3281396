"""What is compared: declarations only, no timing, no pytest. A new pair is one line in one family's file."""

from benchmarks.catalogue import activations, pointwise
from benchmarks.catalogue.pair import Pair, PairError

#: The name of the family a user's own pairs belong to.
USER = "user"

FAMILIES: dict[str, tuple[Pair, ...]] = {
    "pointwise": pointwise.PAIRS,
    "activations": activations.PAIRS,
}

__all__ = ["FAMILIES", "USER", "Pair", "PairError"]
