"""The catalogue as text."""

from benchmarks.catalogue.coverage import catalogue_coverage
from benchmarks.catalogue.inplace_tag import tag_differences
from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.scenarios import FAMILY, Scenario
from benchmarks.catalogue.select import Families
from benchmarks.record import INPLACE, OUTOFPLACE, USER


def print_catalogue(families: Families) -> None:
    """Print two lines per pair (statements, input domain, axes), then the coverage in one line."""
    for family, pairs in families.items():
        print(f"{family}: {len(pairs)}{'' if family == FAMILY else ' pairs'}")
        width = max(len(pair.name) for pair in pairs)
        for pair in pairs:
            print(f"  {pair.name:{width}}  {pair.statement(OUTOFPLACE)}  |  {pair.statement(INPLACE)}")
            print(f"  {'':{width}}  {_axes(pair)}{f'; {pair.lacking}: skipped' if pair.lacking else ''}")
    ops = {family: pairs for family, pairs in families.items() if family != FAMILY}
    scenarios = len(families.get(FAMILY, ()))
    print(
        f"{sum(map(len, ops.values()))} pairs in {len(ops)} families"
        + (f"; {scenarios} scenarios" if scenarios else "")
    )
    if set(families) != {USER}:
        print(catalogue_coverage(pair for pairs in ops.values() for pair in pairs if isinstance(pair, Pair)).line)
        if tags := tag_differences():
            print(tags.line)


def _axes(pair: Pair | Scenario) -> str:
    """The values each axis may have, the usual value first."""
    if isinstance(pair, Scenario):
        return f"{pair.practice} {'/'.join(pair.phases)}, {pair.axis} {'/'.join(map(str, pair.scales))}"
    shape = pair.shape if isinstance(pair.shape, str) else "x".join(map(str, pair.shape))
    axes = [pair.domain, shape, "/".join(pair.phases), "/".join(pair.dtypes), "/".join(pair.layouts)]
    if pair.others:
        axes.append(f"other {'/'.join(pair.operands)}")
    return ", ".join(axes)
