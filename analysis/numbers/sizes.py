"""Groups odd sizes under common ones. Ops with shapes of their own have odd sizes; a row for each would hide the few
sizes that all ops share."""

import math

import pandas as pd

#: A number of elements that at least this share of pairs has is a common size.
_SHARED = 0.1
#: Others count under the nearest common size, if that is within this factor.
_NEAR = 2.0
#: A size represents the ops in general if at least this share of the commonest size's pairs have it.
COMMON = 1 / 3


def with_size(cases: pd.DataFrame) -> pd.DataFrame:
    """`cases` with the column `size`: the number of elements they count under, within a factor of two of their own.

    It is a common size, else the nearest power of four (1 Ki, 4 Ki, ..., 1 Mi, 4 Mi, ...).
    """
    pairs = cases.groupby("numel")["pair"].nunique()
    shared = [int(numel) for numel in pairs[pairs >= _SHARED * cases["pair"].nunique()].index]
    sizes = {numel: _size(int(numel), shared) for numel in pairs.index}
    return cases.assign(size=cases["numel"].map(sizes).astype("int64"))


def _size(numel: int, shared: list[int]) -> int:
    if numel in shared or numel < 1:
        return numel
    nearest = min((size for size in shared if size > 0), key=lambda size: distance(size, numel), default=0)
    if nearest and distance(nearest, numel) <= math.log(_NEAR):
        return nearest
    return 4 ** round(math.log(numel, 4))


def common_sizes(cases: pd.DataFrame) -> list[int]:
    """The sizes, upwards, that represent the ops in general; a size of few ops says more about those ops."""
    pairs = cases.groupby("size")["pair"].nunique()
    return sorted(int(size) for size in pairs[pairs >= COMMON * pairs.max()].index)


def distance(one: int, other: int) -> float:
    """The distance of two sizes: the logarithm of their ratio."""
    return abs(math.log(max(one, 1) / max(other, 1)))
