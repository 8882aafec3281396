"""Every pair in every situation, found by running it: the safety matrix, a row per pair and a cell per question.

Operands are tiny and drawn from the pair's domain, away from zeros, bounds and ties, where both variants have the same
right gradient; a row states the domains. Two columns leave them: `agreement` (magnitudes up to 100) and `delicate`
(what the domain avoids, declared in `Pair.delicate`). The compiled columns repeat situations under torch.compile.

- `tiny_pair`: both variants of a pair on tiny operands
- `situations`: where an in-place op is used: on leaves, on views, with operands that do not fit
- `derivatives`, `precision`: first and second derivatives, torch's transforms, rounding
- `delicate`, `slopes`: inputs where a gradient jumps, is infinite or undefined; which values it may have there
- `compiled`: the situations under torch.compile
- `memory_class`: what an op saves for backward, and its cost
- `compare`: runs both variants and compares their results; `refusals`: which errors are torch's answer
- `matrix`, `isolated`, `rows`: one cell; cells in a process of their own; the rows
"""
