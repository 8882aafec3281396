"""A run as fresh processes, one per pass: what starts them, what they do, what they store.

- `start`: a run from its options to its end, new or resumed
- `finish`: which stored run may be finished
- `run`: its folder, its passes, its journal; `facts`: what its `run.json` says from the start
- `heaps`: the C heaps that passes run under, and which heap a case is timed in
- `supervise`: starts the passes one after another; a crash, a hang or a kill costs one case
- `session`: one pass at work: verifies, measures and stores case after case
- `merge`, `merged_facts`: one run made of the shards of a plan
- `failures`: state and reason of a case that raised an error or ended its process
- `run_ceilings`: what a run measures of its machine before its cases
- `limits`: how much memory a case may take; a case that is too large becomes a row, and its process is not killed
- `user_pairs`: which of a user's pairs broke their promises
- `progress`: what the terminal shows during a run
- `first_run`: the first run on a new device, in parts with time limits
- `lock`: one run at a time on a machine's CPU, on each GPU and in a run's folder
- `locked_file`: an open file as a lock; `place`: the folder of a machine's locks
- `stored_run`: the runs of a folder, the newest of them, whether it is complete, how many of its passes are done
- `gpus`: what is checked on a run's GPUs before it starts
- `unsupervised`: a pass started by hand through pytest
"""
