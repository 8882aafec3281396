"""The catalogue as text."""

from benchmarks.catalogue import USER
from benchmarks.catalogue.coverage import coverage
from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.select import Families
from benchmarks.record import INPLACE, OUTOFPLACE


def print_catalogue(families: Families) -> None:
    """A line a pair: both statements, the input's domain and the axes it takes; then the coverage in one line."""
    for family, pairs in families.items():
        print(f"{family}: {len(pairs)} pairs")
        width = max(len(pair.name) for pair in pairs)
        for pair in pairs:
            print(f"  {pair.name:{width}}  {pair.statement(OUTOFPLACE)}  |  {pair.statement(INPLACE)}")
            print(f"  {'':{width}}  {_axes(pair)}{f'; {pair.lacking}: skipped' if pair.lacking else ''}")
    print(f"{sum(map(len, families.values()))} pairs in {len(families)} families")
    if set(families) != {USER}:
        print(coverage(pair for pairs in families.values() for pair in pairs).line)


def _axes(pair: Pair) -> str:
    """What the pair's axes may be, each axis's usual value first."""
    shape = pair.shape if isinstance(pair.shape, str) else "x".join(map(str, pair.shape))
    axes = [pair.domain, shape, "/".join(pair.phases), "/".join(pair.dtypes), "/".join(pair.layouts)]
    if pair.others:
        axes.append(f"other {'/'.join(pair.operands)}")
    return ", ".join(axes)
