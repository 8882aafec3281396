"""The laboratory of correctness: what in-place ops do under autograd, found by running programs. No run needs it.

- `claims/`: beliefs about in-place ops, each decided by a small program
- `hazards/`: programs that get wrong gradients, or a confusing error
- `safety/`: every pair of the catalogue in every situation, and what it saves for backward
- `evidence`: what programs show: gradients and errors as short text, their own source
- `commands`, `terminal`: the commands `claims`, `hazards` and `safety`, and what they print
- `record/`: their results as rows and as files; standard library only
"""
