"""Right before fast: what must hold before a case is timed. A case that fails is stored, with its reason.

- `ops`: both variants of a pair give the same values and gradients; in-place returns its input, out-of-place leaves it
- `change`: the variants change their input in the same way, also if the change is small
- `state`: the variants leave the same values in the tensors that `setup` made
- `agreement`: how far two variants agree, and where they do not; `rounding`: which one is nearer to float64
- `derivative`: the gradients of a user's own code are derivatives
- `overwritten`: which line overwrote what backward needs, if torch refuses a backward
- `scenarios`: both variants of a scenario give the same outputs, gradients and state
- `kept`: tensors that a variant keeps besides these, such as features
- `writes`: a call writes only its own input and its declared state; `calls`: its calls of torch
- `globals/`: a case leaves the process as it found it
- `determinism`: the settings of a GPU while a case is checked
- `prepare`: builds a case's tensors, checks its variants and runs one of them once, for ops and scenarios
"""
