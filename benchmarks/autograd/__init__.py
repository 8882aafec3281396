"""Is it right: what the two variants of a pair promise, held against what they do.

- `equivalence`: do the two variants of a case do the same work
- `claims/`: beliefs about in-place ops, each decided by a small program
- `hazards/`: programs that get wrong gradients, or a confusing error; `apart`: those that may end their process
- `truths`, `printed`: the commands `claims` and `hazards`, and what they print
- `findings`, `stored`: what they found, as rows and as files; standard library only
"""
