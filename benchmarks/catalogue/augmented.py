"""Augmented assignment: `x += other` against `x = x + other`. One line per pair."""

from benchmarks.catalogue.constructors import augmented
from benchmarks.catalogue.dtypes import BITS, INTEGERS, NUMBERS
from benchmarks.catalogue.pair import NO_GRAPH

BITWISE = {"dtypes": BITS, "phases": NO_GRAPH}
SHIFT = {"others": ("shift",), "dtypes": INTEGERS, "phases": NO_GRAPH}

PAIRS = (
    augmented("iadd", "+", scalar=True, dtypes=NUMBERS),
    augmented("iand", "&", **BITWISE),
    augmented("ifloordiv", "//", scalar=True, phases=NO_GRAPH),
    augmented("ilshift", "<<", scalar=True, **SHIFT),
    augmented("imod", "%", others=("above_one",), scalar=True),
    augmented("imul", "*", scalar=True, dtypes=NUMBERS),
    augmented("ior", "|", **BITWISE),
    augmented("ipow", "**", domain="positive", scalar=True),
    augmented("irshift", ">>", scalar=True, **SHIFT),
    augmented("isub", "-", scalar=True, dtypes=NUMBERS),
    augmented("itruediv", "/", scalar=True),
    augmented("ixor", "^", **BITWISE),
)
