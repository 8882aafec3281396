"""A/A pairs: a variant of an op against itself, so that every `faster` or `slower` is false; and the real pairs.

The real pairs show carry-over: how far the ratio of two variants timed together differs from the ratio of their times
when each is timed against itself. A second A/A pair per variant shows how far chance alone moves that ratio.
"""

from dataclasses import replace

import torch

from benchmarks.catalogue import Pair, families
from benchmarks.record import VARIANTS
from benchmarks.selftest.aa_names import aa_pair_names

#: An op of each family, and several kinds of kernel of large families. They were chosen before anything was measured.
#: There is no matrix product: at the self-test's sizes one call takes a tenth of a second.
OPS = (
    *("exp", "mul", "clamp", "sqrt", "relu", "silu", "eq", "bitwise_and", "masked_fill", "addr", "cumsum", "fill"),
    *("iadd", "foreach_mul", "dropout"),
)
AA_PAIR_NAMES = aa_pair_names(OPS)

_CATALOGUE = {pair.name: pair for pairs in families().values() for pair in pairs}


def _with_sides(name: str, named: str, sides: tuple[str, str]) -> Pair:
    """Return a pair of the catalogue under another name, whose two sides are the variants named in `sides`.

    Both sides are functions, in the real pairs too. The catalogue calls a function through a Python frame, a method
    without one, so two kinds of side would not cost the same.
    """
    declared = _CATALOGUE[name]
    first, second = (getattr(declared, v) or getattr(torch.Tensor, declared.method(v)) for v in sides)
    return replace(declared, name=named, outofplace=first, inplace=second, covers=(), draws_on_cuda=None, verify=False)


SAME = tuple(
    _with_sides(name, named, (variant, variant))
    for name, times in AA_PAIR_NAMES.items()
    for both in times
    for variant, named in zip(VARIANTS, both, strict=True)
)
REAL = tuple(_with_sides(name, name, VARIANTS) for name in OPS)

PAIRS = SAME + REAL
