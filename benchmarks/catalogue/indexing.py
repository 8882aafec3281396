"""Writes to chosen positions: by index, mask or assignment. One line per pair; `rows` is an embedding table's shape."""

from typing import Any

import torch

from benchmarks.catalogue import shapes
from benchmarks.catalogue.dtypes import ANY, COMPLEX_TOO, FLOATS, NUMBERS
from benchmarks.catalogue.pair import Pair


def by_place(name: str, *others: str, shape: str = "rows", **fields: Any) -> Pair:
    """An op that takes a dimension first (the rows), then positions, then values."""
    index = shapes.per_row if others[0] == "rows" else shapes.same
    wheres = (index, *[shapes.same] * (len(others) - 1))
    return Pair(name, first=(0,), others=others, shape=shape, other_shapes=wheres, **fields)


def set_index(x: torch.Tensor, index: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    x[index] = other
    return x


def set_mask(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    x[mask] = 0.5
    return x


def set_row(x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    x[0] = other
    return x


def set_slice(x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    x[: len(other)] = other
    return x


BY_INDEX = (
    by_place("index_add", "rows", "real", dtypes=NUMBERS),
    by_place("index_copy", "rows", "real", dtypes=ANY),
    by_place("index_fill", "rows", args=(0.5,), dtypes=COMPLEX_TOO),
    by_place("index_reduce", "rows", "real", args=("amax",)),
    by_place("index_reduce_mean", "rows", "real", op="index_reduce", args=("mean",)),
    by_place("scatter", "column_wise", "real", dtypes=ANY),
    by_place("scatter_value", "column_wise", op="scatter", args=(0.5,), dtypes=COMPLEX_TOO),
    by_place("scatter_add", "column_wise", "real", dtypes=NUMBERS),
    by_place("scatter_reduce", "column_wise", "real", args=("amax",)),
    by_place("scatter_reduce_mean", "column_wise", "real", op="scatter_reduce", args=("mean",)),
    Pair("put", others=("anywhere", "real"), shape="rows", other_shapes=(shapes.same, shapes.same), dtypes=ANY),
    Pair(
        "index_put",
        outofplace=lambda x, index, other: x.index_put((index,), other),
        inplace=lambda x, index, other: x.index_put_((index,), other),
        others=("rows", "real"),
        shape="rows",
        other_shapes=(shapes.per_row, shapes.same),
        dtypes=ANY,
        covers=("index_put_",),
    ),
)

BY_MASK = (
    Pair("masked_fill", others=("mask",), args=(0.5,), dtypes=COMPLEX_TOO),
    Pair("masked_scatter", others=("mask", "real"), dtypes=ANY),
    Pair("tril", shape="square", dtypes=ANY),
    Pair("triu", shape="square", dtypes=ANY),
    Pair(
        "fill_diagonal",
        outofplace=lambda x: x.diagonal_scatter(x.new_full((min(x.shape),), 0.5)),
        inplace=lambda x: x.fill_diagonal_(0.5),
        shape="square",
        covers=("fill_diagonal_",),
    ),
)

ASSIGNED = (
    Pair(
        "setitem_index",
        outofplace=lambda x, index, other: x.index_put((index,), other),
        inplace=set_index,
        others=("rows", "real"),
        shape="rows",
        other_shapes=(shapes.per_row, shapes.same),
        dtypes=FLOATS,
        covers=("__setitem__",),
        code=("x.index_put((index,), other)", "x[index] = other"),
    ),
    Pair(
        "setitem_mask",
        outofplace=lambda x, mask: torch.where(mask, 0.5, x),
        inplace=set_mask,
        others=("mask",),
        covers=("__setitem__",),
        code=("torch.where(mask, 0.5, x)", "x[mask] = 0.5"),
    ),
    Pair(
        "setitem_row",
        outofplace=lambda x, other: x.select_scatter(other, 0, 0),
        inplace=set_row,
        others=("real",),
        shape="rows",
        other_shapes=(shapes.one_row,),
        covers=("__setitem__",),
        code=("x.select_scatter(row, 0, 0)", "x[0] = row"),
    ),
    Pair(
        "setitem_slice",
        outofplace=lambda x, other: x.slice_scatter(other, 0, 0, len(other)),
        inplace=set_slice,
        others=("real",),
        shape="rows",
        other_shapes=(shapes.half_rows,),
        covers=("__setitem__",),
        code=("x.slice_scatter(rows, 0, 0, n)", "x[:n] = rows"),
    ),
)

PAIRS = BY_INDEX + BY_MASK + ASSIGNED
