"""Writes over the whole input, constant or random, against what makes such a tensor anew. One line a pair."""

import torch

from benchmarks.catalogue import shapes
from benchmarks.catalogue.dtypes import ANY, FLOATS
from benchmarks.catalogue.forms import filled

#: The distributions that have no `*_like` of their own: users fill an empty tensor.
EMPTY = "out-of-place is torch.empty_like(x) filled: torch offers no allocating form"

PAIRS = (
    filled(
        "copy",
        lambda x, other: other.clone(),
        "other.clone()",
        others=("real",),
        other_shapes=(shapes.whole,),
        dtypes=ANY,
    ),
    filled("fill", torch.full_like, "torch.full_like(x, 0.5)", args=(0.5,)),
    filled("zero", torch.zeros_like, "torch.zeros_like(x)", dtypes=ANY),
    filled("bernoulli", lambda x, p: x.bernoulli(p), "x.bernoulli(0.5)", args=(0.5,), random=True),
    filled("normal", torch.randn_like, "torch.randn_like(x)", random=True),
    filled(
        "random",
        lambda x, *range_: torch.randint_like(x, *range_),
        "torch.randint_like(x, 0, 100)",
        args=(0, 100),
        dtypes=(*FLOATS, "int64"),
        random=True,
    ),
    filled("uniform", torch.rand_like, "torch.rand_like(x)", random=True),
    filled("cauchy", lambda x: torch.empty_like(x).cauchy_(), "torch.empty_like(x).cauchy_()", random=True, note=EMPTY),
    filled(
        "exponential",
        lambda x: torch.empty_like(x).exponential_(),
        "torch.empty_like(x).exponential_()",
        random=True,
        note=EMPTY,
    ),
    filled(
        "geometric",
        lambda x, p: torch.empty_like(x).geometric_(p),
        "torch.empty_like(x).geometric_(0.5)",
        args=(0.5,),
        random=True,
        note=EMPTY,
    ),
    filled(
        "log_normal",
        lambda x: torch.empty_like(x).log_normal_(),
        "torch.empty_like(x).log_normal_()",
        random=True,
        note=EMPTY,
    ),
)
