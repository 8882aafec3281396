"""How good the instrument is: pairs whose true result is known go through ordinary runs, and errors are counted.

- pair files, like a user's: `aa_pairs`, `aa_scenarios` (a variant against itself; `aa_names`: their names),
  `planted_pairs` (known speedups), `known_bytes`, `regressions` (slower, or one allocation more)
- `peers`, `peer_statements`: the same statement measured twice by other tools
- `results`: errors and shares with their bounds, counted from the runs; `repeated`: how far two whole runs agree
- `carry_over`: effects of one variant on the other; `ratio_errors`: errors as text
- `command`: from the runs to the table; `selftest_command`: the command line
- `short_selftest`, `checks`: the short self-test of a device; `instrument_checks`, `gpu_checks`: its checks
- `gate`, `pool`: the gate's false-alarm and detection rates, over runs made from one pool of passes
"""
