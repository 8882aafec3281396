"""Code that tests of several rooms share. What the tests of one room share is in that room.

- `commands`: the suite's commands as processes of their own; `forked`: the same, forked from the test's process
- `stopped_processes`: stops processes for a while
- `frozen`: keeps the garbage collector away from what tests have loaded
- `pair_files`: users' files of pairs, as text; `scenarios`: small scenarios with known results
- `kept_runs`: the runs that the repository keeps; `shards`: shards of such a run
- `sample`: invented measurements, and JSON of any kind; `stored`: the content of a run's folder
- `advised_runs`: invented answers of the advisor, stored as runs
- `wrong_gradient`: a variant with a wrong gradient; `markdown_files`: the Markdown files that people read
"""
