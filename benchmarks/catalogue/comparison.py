"""Comparisons and logic. One line per pair.

In place the result has the input's dtype; out-of-place it is bool. On bool inputs both variants do the same work. On
numbers the out-of-place result needs a conversion to be the same: the pairs `*_as_number` include it.
"""

from typing import Any

import torch

from benchmarks.catalogue.dtypes import FLOATS
from benchmarks.catalogue.pair import NO_GRAPH, Pair

BOOL = "on bool inputs, where both variants write bool: on numbers in-place writes the input's dtype, out-of-place bool"
AS_NUMBER = "out-of-place converts its bool result to the input's dtype, which in-place writes at once"


def comparison(name: str, **fields: Any) -> Pair:
    """A comparison on bool inputs, as tensor methods."""
    return Pair(name, others=("real",), dtypes=("bool",), phases=NO_GRAPH, note=BOOL, **fields)


def as_number(op: str) -> Pair:
    """A comparison of numbers whose result is a number."""
    compare, compare_ = getattr(torch.Tensor, op), getattr(torch.Tensor, f"{op}_")
    return Pair(
        f"{op}_as_number",
        outofplace=lambda x, other: compare(x, other).to(x.dtype),
        inplace=compare_,
        others=("real",),
        dtypes=(*FLOATS, "int64"),
        phases=NO_GRAPH,
        covers=(f"{op}_",),
        code=(f"x.{op}(other).to(x.dtype)", f"x.{op}_(other)"),
        note=AS_NUMBER,
    )


PAIRS = (
    comparison("eq"),
    comparison("ge"),
    comparison("gt"),
    comparison("le"),
    comparison("logical_and"),
    comparison("logical_or"),
    comparison("logical_xor"),
    comparison("lt"),
    comparison("ne"),
    Pair("logical_not", dtypes=("bool",), phases=NO_GRAPH, note=BOOL),
    as_number("eq"),
    as_number("ge"),
    as_number("gt"),
    as_number("le"),
    as_number("logical_and"),
    as_number("lt"),
    as_number("ne"),
)
