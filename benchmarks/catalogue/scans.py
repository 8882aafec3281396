"""Scans and norms along a dimension: each element of the result depends on many of the input. One line a pair."""

from benchmarks.catalogue.dtypes import FLOATS
from benchmarks.catalogue.pair import Pair

PAIRS = (
    Pair("cumprod", domain="near_one", shape="rows", args=(-1,)),
    Pair("cumsum", shape="rows", args=(-1,), dtypes=(*FLOATS, "int64")),
    Pair("renorm", shape="rows", args=(2.0, 0, 1.0)),  # rows of a larger norm than 1 are scaled down
)
