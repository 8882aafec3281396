"""Programs with wrong gradients or values, or confusing errors. HAZARDS holds all: silent ones, loud ones, guards.

- `hazard`: what a hazard is, and how its program is compared with the true gradient
- `isolated`: the same in its own process, for programs that may abort or hang
- silent, a wrong gradient without an error: `untracked_writes`, `functions`, `shared_memory`, `numeric`, `compiled`
- silent, a wrong value: `wrong_values`, `compiled_values`; `own_memory`: in eager mode
- loud, an error that confuses: `loud`, `loud_training`
- guards against the return of old bugs: `guards`, `guards_checkpoint`, `guards_functions`, `guards_compiled`
"""

from benchmarks.autograd.hazards import (
    compiled,
    compiled_values,
    functions,
    guards,
    guards_checkpoint,
    guards_compiled,
    guards_functions,
    loud,
    loud_training,
    numeric,
    own_memory,
    shared_memory,
    untracked_writes,
    wrong_values,
)

HAZARDS = (
    *untracked_writes.HAZARDS,
    *functions.HAZARDS,
    *shared_memory.HAZARDS,
    *numeric.HAZARDS,
    *compiled.HAZARDS,
    *wrong_values.HAZARDS,
    *compiled_values.HAZARDS,
    *own_memory.HAZARDS,
    *loud.HAZARDS,
    *loud_training.HAZARDS,
    *guards.HAZARDS,
    *guards_checkpoint.HAZARDS,
    *guards_functions.HAZARDS,
    *guards_compiled.HAZARDS,
)
