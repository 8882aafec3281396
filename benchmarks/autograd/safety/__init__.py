"""Every pair in every situation, found by running it: the safety matrix, a row per pair and a cell per question.

- `tiny_pair`: both variants of a pair on tiny operands
- `situations`: where an in-place op is put: on leaves, on views, with operands that do not fit
- `derivatives`, `precision`: first and second derivatives, torch's transforms, rounding
- `memory_class`: what an op saves for backward, and what that costs
- `compare`: both variants run, their results held against each other; `refusals`: which errors are torch's answer
- `matrix`, `isolated`, `rows`: one cell; cells in a process of their own; the rows
"""
