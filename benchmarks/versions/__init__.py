"""The same run on several versions of torch, on one machine: one pass per version in turn.

- `environments`: a Python environment per version, made once
- `install_failure`: why an environment could not be made, in one line
- `turns`: one pass of each version after the other, until all runs are complete
- `versions_command`: the command `versions`
"""
