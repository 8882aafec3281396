"""The instrument measured: pairs whose truth is known, put through the ordinary runs, and what came out.

- pair files, like a user's: `aa_pairs`, `aa_scenarios` (a variant against itself; `aa_names`: what they are called),
  `planted_pairs` (known speedups), `known_bytes`, `regressions` (slower, or one allocation more)
- `peers`, `peer_statements`: the A/A question put to other tools
- `results`: errors and shares with their bounds, counted from the runs; `carry_over`: what variants leave each other;
  `ratio_errors`: errors as text; `command`: from the runs to the table; `options`: the command line
- `short_selftest`, `checks`: the short self-test of a device; `instrument_checks`, `gpu_checks`: what it asks
- `gate`, `pool`: the gate's false-alarm and detection rates, over runs made from one pool of passes
"""
