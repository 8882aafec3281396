"""All claims, in the order in which they are told."""

from benchmarks.autograd.claims import (
    derivatives,
    functions,
    memory,
    notes,
    recurrent,
    references,
    sums,
    versions,
    writes,
)

CLAIMS = (
    *sums.CLAIMS,
    *writes.CLAIMS,
    *derivatives.CLAIMS,
    *functions.CLAIMS,
    *recurrent.CLAIMS,
    *memory.CLAIMS,
    *references.CLAIMS,
    *notes.CLAIMS,
    *versions.CLAIMS,
)
