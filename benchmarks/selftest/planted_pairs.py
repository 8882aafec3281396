"""Planted differences: one call runs the same op R times against R' times, so that the true speedup is R / R'.

The ratios are 34/33, 21/20 and 11/10, with both numbers multiplied to about a hundred. The first op of a call finds
other caches than the rest and costs up to a third more. With 11 ops against 10 the ratio would be 1.097 instead of 1.1;
among a hundred ops this error disappears.
"""

from collections.abc import Callable
from fractions import Fraction
from operator import methodcaller

import torch

from benchmarks.catalogue import Pair

#: How often each variant runs its op, for 3, 5 and 10 per cent more work out-of-place.
EFFECTS = {"3 %": (102, 99), "5 %": (105, 100), "10 %": (110, 100)}

#: In-place ops that can be repeated: the values stay as they are, or change their sign.
OPS = {
    "relu_": methodcaller("relu_"),
    "neg_": methodcaller("neg_"),
    "abs_": methodcaller("abs_"),
    "clamp_": methodcaller("clamp_", -4.0, 4.0),
    "mul_": methodcaller("mul_", -1.0),
}


def repeat(op: Callable[[torch.Tensor], torch.Tensor], times: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return a function that applies `op` so many times in one call."""

    def call(x: torch.Tensor) -> torch.Tensor:
        for _ in range(times):
            x = op(x)
        return x

    return call


#: The name of the effect and the true speedup, by pair.
TRUTH = {
    f"{op} {more} = {fewer}": (effect, Fraction(more, fewer)) for op in OPS for effect, (more, fewer) in EFFECTS.items()
}

PAIRS = tuple(
    Pair(
        f"{op} {more} = {fewer}",
        outofplace=repeat(call, more),
        inplace=repeat(call, fewer),
        phases=("inference",),
        verify=False,
    )
    for op, call in OPS.items()
    for more, fewer in EFFECTS.values()
)
