"""Beliefs about in-place ops, each decided by a small program. CLAIMS holds all, in printed order.

- `claim`: what a claim is, and how it is decided
- `sums`, `derivatives`, `recurrent`: are gradients right, through one op, several, and over many steps
- `writes`, `functions`: what a write can destroy, and what custom functions may write
- `memory`, `references`: what in-place saves in training, and when
- `notes`, `versions`: what torch's own notes say; whether the version of torch matters
"""

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
