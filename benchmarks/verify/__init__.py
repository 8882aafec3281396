"""Right before fast: what must hold before a case is timed. A case that does not hold is stored, with its reason.

- `ops`: both variants of a pair give the same values and gradients; in-place returns its input, out-of-place leaves it
- `change`: the difference that an op makes to its input is the same, however small it is
- `state`: what setup made for a call is left the same
- `agreement`: how far they agree, and where they do not; `rounding`: which is nearer to float64
- `derivative`: the gradients of a user's own code are derivatives
- `overwritten`: which line wrote what backward needs, where torch refuses one
- `scenarios`: both variants of a scenario give the same outputs, gradients and state
- `kept`: what a variant keeps beside them, such as features
- `writes`: a call writes nothing but its own input and its declared state; `calls`: what it asks of torch
- `globals/`: a case leaves the process as it found it
- `determinism`: what a GPU is set to while a case is checked
- `prepare`: the one way for both: build a case's tensors, check them, run a variant once
"""
