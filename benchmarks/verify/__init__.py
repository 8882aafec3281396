"""Right before fast: what must hold before a case is timed. A case that fails is stored, with its reason.

- `ops`: both variants of a pair give the same values and gradients; in-place returns its input, out-of-place leaves it
- `change`: the variants change their input in the same way, however little
- `state`: the variants leave the same state in what `setup` made
- `agreement`: how far they agree, and where they do not; `rounding`: which is nearer to float64
- `derivative`: the gradients of a user's own code are derivatives
- `overwritten`: which line overwrote what backward needs, if torch refuses a backward
- `scenarios`: both variants of a scenario give the same outputs, gradients and state
- `kept`: what a variant keeps besides them, such as features
- `writes`: a call writes only its own input and its declared state; `calls`: its calls of torch
- `globals/`: a case leaves the process as it found it
- `determinism`: a GPU's settings while a case is checked
- `prepare`: for ops and scenarios: build a case's tensors, check them, run a variant once
"""
