"""What tests of several rooms share. What the tests of one room share lies beside them.

- `commands`: the suite's commands as processes of their own; `forked`: the same, forked from the test's process
- `frozen`: keeps the garbage collector from what tests have loaded
- `pair_files`: users' files of pairs, as text; `scenarios`: small scenarios with known results
- `shards`: shards of a kept run
- `sample`: invented measurements, and JSON of any kind; `stored`: the content of a run's folder
- `advised_runs`: invented answers of the advisor, stored as runs
- `wrong_gradient`: a variant whose gradient is wrong; `markdown_files`: the Markdown files that people read
"""
