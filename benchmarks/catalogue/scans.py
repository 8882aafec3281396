"""Scans and norms along a dimension: each element of the result depends on many of the input. One line per pair."""

import torch

from benchmarks.catalogue.dtypes import FLOATS
from benchmarks.catalogue.pair import Pair


def rows_at_the_norm(x: torch.Tensor) -> torch.Tensor:
    """Make the first row's norm 1 and the second row zero; keep the others."""
    x = x.clone()
    x[:2] = 0
    x[0, 0] = 1
    return x


PAIRS = (
    Pair("cumprod", domain="near_one", shape="rows", args=(-1,)),
    Pair("cumsum", shape="rows", args=(-1,), dtypes=(*FLOATS, "int64")),
    # Rows with a norm above 1 are scaled down.
    Pair("renorm", shape="rows", args=(2.0, 0, 1.0), delicate=rows_at_the_norm),
)
