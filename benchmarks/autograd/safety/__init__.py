"""Every pair in every situation, found by running it: the safety matrix, a row per pair and a cell per question.

Operands are tiny and drawn from the pair's domain, away from zeros, bounds and ties, where both variants have one right
gradient; a row says from where. Two columns leave it: `agreement` (magnitudes up to 100) and `delicate` (what the
domain keeps away from, declared in `Pair.delicate`). The compiled columns put the situations of eager mode to
torch.compile.

- `tiny_pair`: both variants of a pair on tiny operands
- `situations`: where an in-place op is put: on leaves, on views, with operands that do not fit
- `derivatives`, `precision`: first and second derivatives, torch's transforms, rounding
- `delicate`, `slopes`: inputs at which a gradient jumps, is infinite or undefined, and what may be one there
- `compiled`: the situations under torch.compile
- `memory_class`: what an op saves for backward, and what that costs
- `compare`: both variants run, their results held against each other; `refusals`: which errors are torch's answer
- `matrix`, `isolated`, `rows`: one cell; cells in a process of their own; the rows
"""
