"""Functions that allocate known bytes, transient and held, and the counts that must result."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch

from benchmarks.catalogue import Pair
from benchmarks.record import INPLACE, OUTOFPLACE

#: Bytes of a block that lives only during a call; not a multiple of a page, nor of an alignment's 64 bytes.
TRANSIENT_BYTES = 3_000_004


class KnownBytes(NamedTuple):
    """Peak, held and step peak bytes as functions of the input's bytes n."""

    peak: Callable[[int], int]
    held: Callable[[int], int]
    step_peak: Callable[[int], int]


def transient(x: torch.Tensor) -> torch.Tensor:
    """A block of known size is allocated and freed before the result."""
    block = torch.empty(TRANSIENT_BYTES, dtype=torch.uint8, device=x.device)
    del block
    return x.neg()


def transient_(x: torch.Tensor) -> torch.Tensor:
    """As `transient`, in place."""
    block = torch.empty(TRANSIENT_BYTES, dtype=torch.uint8, device=x.device)
    del block
    return x.neg_()


def holding(x: torch.Tensor) -> torch.Tensor:
    """Only the graph holds the factor."""
    return x.mul(torch.full_like(x, 2.0))


def holding_(x: torch.Tensor) -> torch.Tensor:
    """As `holding`, in place: mul's derivative needs only the factor, not the old input."""
    return x.mul_(torch.full_like(x, 2.0))


#: n: the input's bytes. The backward of neg makes one new gradient besides the result; so does mul's.
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
