"""Which sizes stand for themselves. Ops with shapes of their own come in odd sizes: each a row, they would hide the few
sizes at which all ops meet."""

import math

import pandas as pd

#: A number of elements that a tenth of the pairs share is a size of its own.
_SHARED = 0.1
#: Others count under the nearest shared one, if it is at most twice as large or half as large.
_NEAR = 2.0
#: A size that a third as many pairs have as the commonest stands for the ops in general.
COMMON = 1 / 3


def with_size(cases: pd.DataFrame) -> pd.DataFrame:
    """`cases`, and `size`: the number of elements they count under, at most a factor of two from their own.

    That is a size which many pairs share, else the nearest power of four (1 Ki, 4 Ki, ..., 1 Mi, 4 Mi, ...).
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
    """The sizes, upwards, that stand for the ops in general: one at which few were measured says what those few are."""
    pairs = cases.groupby("size")["pair"].nunique()
    return sorted(int(size) for size in pairs[pairs >= COMMON * pairs.max()].index)


def distance(one: int, other: int) -> float:
    """How far apart two sizes are: the logarithm of their ratio."""
    return abs(math.log(max(one, 1) / max(other, 1)))
