"""The case that represents each op, and labels that say how the others differ from it.

A few pairs are measured under several dtypes, layouts and operands, most under one. If all cases counted, those few
would weigh most. So only the plain case represents a pair, and `effects` shows what the other values change. The plain
value of an axis is found among the pair's own cases: the most frequent of the axis's plain values, or, if it has none
of these, its most frequent value. So bfloat16 cases represent a run with DTYPE=bfloat16, bool cases represent a pair
that has only bool, and each pair that was measured has a plain case.
"""

from collections import Counter

import numpy as np
import pandas as pd

#: The plain values of each axis; of equally frequent ones the first counts. Dtypes come last: a pair's usual one is
#: found among its cases that are plain on the other axes.
PLAIN: dict[str, tuple] = {
    "layout": ("contiguous", "parameters"),
    "operand": ("none", "same"),
    "other_requires_grad": (False,),
    "dtype": ("float32", "int64", "bool"),
}


def with_plain(cases: pd.DataFrame) -> pd.DataFrame:
    """`cases` with the columns `other_axes` (the axes on which a case is not plain), `plain` (there is no such axis),
    `qualifiers` (its values on these axes in words) and `label` (the op's name, with its qualifiers)."""
    usual = plain_values(cases)
    owners = list(zip(cases["family"], cases["pair"], strict=True))
    values = list(zip(*(cases[axis].tolist() for axis in PLAIN), strict=True))
    other_axes = [
        tuple(axis for axis, value, plain in zip(PLAIN, mine, usual[owner], strict=True) if value != plain)
        for owner, mine in zip(owners, values, strict=True)
    ]
    by_axis = [dict(zip(PLAIN, mine, strict=True)) for mine in values]
    labels = [_label(pair, mine, axes) for (_, pair), mine, axes in zip(owners, by_axis, other_axes, strict=True)]
    table = cases.assign(label=labels, plain=np.array([not axes for axes in other_axes], dtype=bool))
    table["other_axes"] = pd.Series(other_axes, cases.index, dtype=object)
    qualifiers = [(*_words(mine, axes), *_grad(mine, axes)) for mine, axes in zip(by_axis, other_axes, strict=True)]
    table["qualifiers"] = pd.Series(qualifiers, cases.index, dtype=object)
    return table


def plain_values(cases: pd.DataFrame) -> dict[tuple[str, str], tuple]:
    """By (family, pair): the pair's plain value on each axis of PLAIN."""
    rows: dict[tuple[str, str], list[tuple]] = {}
    for family, pair, *values in zip(*(cases[name].tolist() for name in ("family", "pair", *PLAIN)), strict=True):
        rows.setdefault((family, pair), []).append(tuple(values))
    return {owner: _plain_of(mine) for owner, mine in rows.items()}


def _plain_of(rows: list[tuple]) -> tuple:
    chosen = []
    for place, plain in enumerate(PLAIN.values()):
        counts = Counter(row[place] for row in rows)
        among = [value for value in plain if value in counts] or sorted(counts)
        chosen.append(max(among, key=counts.__getitem__))
        rows = [row for row in rows if row[place] == chosen[-1]]
    return tuple(chosen)


def _label(pair: str, values: dict[str, object], other_axes: tuple[str, ...]) -> str:
    """'add', 'add (broadcast)', 'add (bfloat16, transposed)', 'mul + grad'."""
    words = ", ".join(_words(values, other_axes))
    return pair + (f" ({words})" if words else "") + "".join(f" + {word}" for word in _grad(values, other_axes))


def _words(values: dict[str, object], other_axes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(values[axis]) for axis in ("dtype", "layout", "operand") if axis in other_axes)


def _grad(values: dict[str, object], other_axes: tuple[str, ...]) -> tuple[str, ...]:
    return ("grad",) if "other_requires_grad" in other_axes and values["other_requires_grad"] else ()
