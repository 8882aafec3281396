"""Functions that allocate known bytes, freed within the call or held by the graph, and the true counts."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch

from benchmarks.catalogue import Pair
from benchmarks.record import INPLACE, OUTOFPLACE

#: Bytes of a block that lives only during a call. They are no multiple of a page, nor of the 64 bytes of an alignment.
TRANSIENT_BYTES = 3_000_004


class KnownBytes(NamedTuple):
    """Peak bytes, held bytes and peak bytes of a step, as functions of the input's bytes n."""

    peak: Callable[[int], int]
    held: Callable[[int], int]
    step_peak: Callable[[int], int]


def transient(x: torch.Tensor) -> torch.Tensor:
    """Return -x. A block of known size is allocated and freed before the result."""
    block = torch.empty(TRANSIENT_BYTES, dtype=torch.uint8, device=x.device)
    del block
    return x.neg()


def transient_(x: torch.Tensor) -> torch.Tensor:
    """Negate x in place. A block of known size is allocated and freed before."""
    block = torch.empty(TRANSIENT_BYTES, dtype=torch.uint8, device=x.device)
    del block
    return x.neg_()


def holding(x: torch.Tensor) -> torch.Tensor:
    """Return 2x. Only the graph holds the factor, a tensor like x."""
    return x.mul(torch.full_like(x, 2.0))


def holding_(x: torch.Tensor) -> torch.Tensor:
    """Double x in place. The derivative of mul needs only the factor, not the old input."""
    return x.mul_(torch.full_like(x, 2.0))


#: The true bytes by pair and variant; n is the input's bytes. The backward of neg or mul makes one new gradient.
TRUTH: Mapping[tuple[str, str], KnownBytes] = {
    ("transient", OUTOFPLACE): KnownBytes(
        lambda n: n + max(TRANSIENT_BYTES, n), lambda n: n, lambda n: n + max(TRANSIENT_BYTES, n)
    ),
    ("transient", INPLACE): KnownBytes(
        lambda n: n + TRANSIENT_BYTES, lambda n: n, lambda n: n + max(TRANSIENT_BYTES, n)
    ),
    ("holding", OUTOFPLACE): KnownBytes(lambda n: 3 * n, lambda n: 2 * n, lambda n: 3 * n),
    ("holding", INPLACE): KnownBytes(lambda n: 2 * n, lambda n: 2 * n, lambda n: 3 * n),
}

PAIRS = (
    Pair("transient", outofplace=transient, inplace=transient_, phases=("forward", "step")),
    Pair("holding", outofplace=holding, inplace=holding_, phases=("forward", "step")),
)
