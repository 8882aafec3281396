"""Records what torch does to each tensor's memory in any code: who made, read, wrote and saved it, with source lines.

- `recorder`: the Recorder, which records while it is entered: each call, in backward and in recomputations too
- `recording_mode`: the dispatch mode that sees each op
- `lives`: what is recorded: calls, storages from their first call to their end, writes, what is saved for backward
- `keepers`: what still refers to the memory that was made
- `saved`: the hooks on what autograd saves; they check its version as torch does
- `graph_state`: what torch shows of the graph that it makes or runs
- `engine`: keeps the recorder out of autograd's engine itself, so that exact bytes can be counted
- `functorch`: takes these hooks off inside torch.func, which refuses them; `exports`: memory that leaves torch
- `storage`: the storage of a tensor, and its place in memory
- `site`: file, line and columns of the user's expression; `module_paths`: the module that runs
- `overlapping_writes`: calls that read what they write; `stale_casts`: old casts of weights that autocast keeps
- `effects`: what an op writes and reads; `contents`: a checksum of a tensor's elements
"""
