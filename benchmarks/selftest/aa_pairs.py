"""A/A pairs: an op against itself, so that `faster` and `slower` are false; beside them the ops' real pairs.

The real pairs show carry-over: whether a variant takes as long beside its partner as beside itself.
"""

from operator import methodcaller

from benchmarks.catalogue import Pair

#: A kernel that moves bytes and saves its result, one that computes, one with an operand.
OPS = {
    "relu": (methodcaller("relu"), methodcaller("relu_")),
    "exp": (methodcaller("exp"), methodcaller("exp_")),
    "mul": (methodcaller("mul", 1.5), methodcaller("mul_", 1.5)),
}

#: The A/A pair of each variant of an op: out-of-place against itself, in-place against itself.
BESIDE_ITSELF = {op: (f"{op} = {op}", f"{op}_ = {op}_") for op in OPS}

SAME = tuple(
    Pair(name, outofplace=variant, inplace=variant, verify=False)
    for op, variants in OPS.items()
    for name, variant in zip(BESIDE_ITSELF[op], variants, strict=True)
)
REAL = tuple(Pair(op, outofplace=outofplace, inplace=inplace) for op, (outofplace, inplace) in OPS.items())

PAIRS = SAME + REAL
