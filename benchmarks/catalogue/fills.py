"""Ops that overwrite the whole input, constant or random, against making such a tensor. One line per pair."""

import torch

from benchmarks.catalogue import shapes
from benchmarks.catalogue.constructors import fill
from benchmarks.catalogue.dtypes import ANY, FLOATS
from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.statement import call

#: Distributions without a `*_like` function: users fill an empty tensor.
EMPTY = "out-of-place is torch.empty_like(x) filled: torch offers no allocating variant"


def distribution(op: str, *args: float) -> Pair:
    """A distribution that fills an empty tensor."""
    write = getattr(torch.Tensor, f"{op}_")
    code = call(f"torch.empty_like(x).{op}_", list(map(repr, args)), {})
    return fill(op, lambda x, *rest: write(torch.empty_like(x), *rest), code, args=args, random=True, note=EMPTY)


def integers(x: torch.Tensor, low: int, high: int) -> torch.Tensor:
    return torch.randint_like(x, low, high)


PAIRS = (
    fill("copy", lambda x, y: y.clone(), "other.clone()", others=("real",), other_shapes=(shapes.same,), dtypes=ANY),
    fill("fill", torch.full_like, "torch.full_like(x, 0.5)", args=(0.5,)),
    fill("zero", torch.zeros_like, "torch.zeros_like(x)", dtypes=ANY),
    fill("bernoulli", lambda x, p: x.bernoulli(p), "x.bernoulli(0.5)", args=(0.5,), random=True),
    fill("normal", torch.randn_like, "torch.randn_like(x)", random=True),
    fill("random", integers, "torch.randint_like(x, 0, 9)", args=(0, 9), dtypes=(*FLOATS, "int64"), random=True),
    fill("uniform", torch.rand_like, "torch.rand_like(x)", random=True),
    distribution("cauchy"),
    distribution("exponential"),
    distribution("geometric", 0.5),
    distribution("log_normal"),
)
