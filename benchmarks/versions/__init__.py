"""The same run on several versions of torch, on one machine, their passes taking turns.

- `environments`: an environment per version, made once; `install_failure`: why one could not be made, in one line
- `turns`: one pass of each version after the other, until all runs are complete
- `versions_command`: the command `versions`
"""
