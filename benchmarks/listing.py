"""The catalogue as text."""

from benchmarks.catalogue.select import Families
from benchmarks.record import INPLACE, OUTOFPLACE


def print_catalogue(families: Families) -> None:
    """A line a pair: both statements, the domain of the input, the phases."""
    for family, pairs in families.items():
        print(f"{family}: {len(pairs)} pairs")
        for pair in pairs:
            codes = f"{pair.statement(OUTOFPLACE)}  |  {pair.statement(INPLACE)}"
            print(f"  {pair.name:18} {codes:72} {pair.domain:10} {', '.join(pair.phases)}")
    print(f"{sum(map(len, families.values()))} pairs in {len(families)} families")
