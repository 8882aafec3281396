"""Is it right: what the two variants of a pair promise, held against what they do.

- `equivalence`, `writes`: do the two variants of a case do the same work, and what do they write
- `claims/`: beliefs about in-place ops, each decided by a small program; `evidence`: what programs show
- `hazards/`: programs that get wrong gradients, or a confusing error; `apart`: those that may end their process
- `safety/`: every pair of the catalogue in every situation, and what it saves for backward
- `process`: processes of their own for what may abort or hang
- `truths`, `printed`: the commands `claims`, `hazards` and `safety`, and what they print
- `findings`, `fields`, `stored`: what they found, as rows and as files; standard library only
"""
