"""Matrix products added to the input, as in BLAS. One line per pair."""

from benchmarks.catalogue import shapes
from benchmarks.catalogue.dtypes import COMPLEX_TOO
from benchmarks.catalogue.pair import Pair

TWO = ("real", "real")

PAIRS = (
    Pair("addbmm", others=TWO, shape="square", other_shapes=(shapes.stack, shapes.stack_inner)),
    Pair("addmm", others=TWO, shape="square", other_shapes=(shapes.same, shapes.inner), dtypes=COMPLEX_TOO),
    Pair("addmv", others=TWO, shape="column", other_shapes=(shapes.wide, shapes.width)),
    Pair("addr", others=TWO, shape="square", other_shapes=(shapes.per_row, shapes.per_column)),
    Pair("baddbmm", others=TWO, shape="batch", other_shapes=(shapes.same, shapes.inner)),
)
