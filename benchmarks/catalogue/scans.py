"""Scans and norms along a dimension: each element of the result depends on many of the input. One line a pair."""

import torch

from benchmarks.catalogue.dtypes import FLOATS
from benchmarks.catalogue.pair import Pair


def rows_at_the_norm(x: torch.Tensor) -> torch.Tensor:
    """A row of norm 1, one of zeros, the others as they are."""
    x = x.clone()
    x[:2] = 0
    x[0, 0] = 1
    return x


PAIRS = (
    Pair("cumprod", domain="near_one", shape="rows", args=(-1,)),
    Pair("cumsum", shape="rows", args=(-1,), dtypes=(*FLOATS, "int64")),
    # Rows of a larger norm than 1 are scaled down.
    Pair("renorm", shape="rows", args=(2.0, 0, 1.0), delicate=rows_at_the_norm),
)
