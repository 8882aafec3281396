"""Where the bytes are: the peak of a step by purpose, by module, and by op with its file and line.

- `where`: runs a step, given as functions or as what `make` builds, and names every block that lives at its peak
- `breakdown`: the rows that add up to the peak, and their JSON
- `blocks`: the allocator's blocks, each with the call that made it; `categories`: the purpose of each block
"""
