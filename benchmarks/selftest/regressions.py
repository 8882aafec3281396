"""Planted regressions: pairs of the catalogue whose in-place variant is slower, or allocates once more.

The slower variant measures its own call and then waits for a tenth of that time, so each call is 10 % slower and keeps
the op's own noise. More ops per call, as in `planted_pairs`, would average away the noise that the gate must bear.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import torch

from benchmarks.catalogue import Pair, families
from benchmarks.record import INPLACE, OUTOFPLACE

Function = Callable[..., torch.Tensor]

#: How much slower the in-place variant is, as a share of its time.
SLOWER = 0.10

#: Two ops that are bound by memory, and three that compute more and more. They were chosen before any measurement.
SLOWED = ("add", "relu", "sigmoid", "silu", "exp")

#: Bytes of the additional block while the in-place variant runs; 4 bytes are a single number.
ALLOCATED = {"relu": 4, "exp": 4096, "add": 4}


def with_delay(function: Function) -> Function:
    """Return `function` with each call longer by SLOWER times its own duration."""

    def call(*operands: object, **keywords: object) -> torch.Tensor:
        began = time.perf_counter_ns()
        result = function(*operands, **keywords)
        ended = time.perf_counter_ns()
        until = ended + SLOWER * (ended - began)
        while time.perf_counter_ns() < until:
            pass
        return result

    return call


def with_allocation(function: Function, size: int) -> Function:
    """Return `function` with a block of `size` bytes that is alive during the call."""

    def call(*operands: object, **keywords: object) -> torch.Tensor:
        block = torch.empty(size, dtype=torch.uint8)
        result = function(*operands, **keywords)
        del block
        return result

    return call


def _changed_pair(name: str, op: str, change: Callable[[Function], Function]) -> Pair:
    """Return a pair of the catalogue with a changed in-place variant and without verification."""
    (pair,) = (pair for pairs in families().values() for pair in pairs if pair.name == op)
    outofplace, inplace = (
        getattr(pair, variant) or getattr(torch.Tensor, pair.method(variant)) for variant in (OUTOFPLACE, INPLACE)
    )
    return replace(pair, name=name, outofplace=outofplace, inplace=change(inplace), covers=(), verify=False)


#: Names of planted pairs, each with the pair of the catalogue that it replaces in HEAD.
SLOWER_PAIRS: Mapping[str, str] = {f"{op} slower": op for op in SLOWED}
LARGER_PAIRS: Mapping[str, str] = {f"{op} allocating": op for op in ALLOCATED}

PAIRS = (
    *(_changed_pair(name, op, with_delay) for name, op in SLOWER_PAIRS.items()),
    *(_changed_pair(name, op, partial(with_allocation, size=ALLOCATED[op])) for name, op in LARGER_PAIRS.items()),
)
