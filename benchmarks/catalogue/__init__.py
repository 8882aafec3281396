"""What is compared: declarations only, no timing, no pytest. A new pair is one line in one family's file.

- `pointwise`, `activations`, `comparison`, `bitwise`, `indexing`, `linalg`, `scans`, `fills`, `augmented`, `foreach`,
  `dropout`: the families, one line per pair
- `pair`: what a pair declares; `constructors`: shared constructors of pairs; `statement`: a callable as users write it
- `domains`, `shapes`, `dtypes`, `draws`: values, shapes and dtypes of inputs; what random variants promise
- `scenarios/`: model-sized pairs
- `surface`: every in-place name that this torch ships; `excused`: those left out, each with its reason; `coverage`:
  which names are measured, excused or missing
- `inplace_tag`: a second source of these names; `shipped`: names that only some versions of torch have
- `declarations`: collects what families and topics declare, each name once; `select`: the pairs of a run, and a user's
  own file
"""

import functools
from collections.abc import Mapping

import torch

from benchmarks.catalogue.declarations import declarations, file_of
from benchmarks.catalogue.pair import Pair, PairError

#: The families, each a module of this package with its PAIRS.
NAMES = (
    "pointwise",
    "activations",
    "comparison",
    "bitwise",
    "indexing",
    "linalg",
    "scans",
    "fills",
    "augmented",
    "foreach",
    "dropout",
)

#: The torch version that the catalogue targets. There, a missing op is an error; on others its pair is skipped.
WRITTEN_FOR = "2.13"


@functools.cache
def families() -> Mapping[str, tuple[Pair, ...]]:
    """Every pair of the catalogue by family. PairError, one line with file and pair, for a wrong declaration."""
    declared = declarations(__name__, NAMES, "PAIRS")
    if torch.__version__.startswith(f"{WRITTEN_FOR}."):
        for family, pair in ((family, pair) for family, pairs in declared.items() for pair in pairs):
            if pair.lacking:
                raise PairError(f"{file_of(__name__, family)}: {pair.name}: {pair.lacking}")
    return declared


__all__ = ["Pair", "PairError", "families"]
