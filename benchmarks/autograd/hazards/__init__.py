"""All hazards: the silent ones, the loud but confusing ones, and guards against the return of old bugs."""

from benchmarks.autograd.hazards import (
    compiled,
    functions,
    guards,
    guards_checkpoint,
    guards_compiled,
    guards_functions,
    loud,
    loud_training,
    numeric,
    shared,
    untracked,
)

HAZARDS = (
    *untracked.HAZARDS,
    *functions.HAZARDS,
    *shared.HAZARDS,
    *numeric.HAZARDS,
    *compiled.HAZARDS,
    *loud.HAZARDS,
    *loud_training.HAZARDS,
    *guards.HAZARDS,
    *guards_checkpoint.HAZARDS,
    *guards_functions.HAZARDS,
    *guards_compiled.HAZARDS,
)
