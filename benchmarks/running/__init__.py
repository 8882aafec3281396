"""A run as fresh processes, one per pass: what starts them, what they do, what they leave.

- `start`: a run from its options to its end, new or resumed
- `finish`: which stored run may be finished
- `run`: its folder, its passes, its journal; `facts`: what its `run.json` says from the start
- `heaps`: the C heaps that passes run under, and which case is timed in which
- `supervise`: starts the passes one after another; a crash, a hang or a kill costs one case
- `session`: one pass at work: verifies, measures and stores case after case
- `merge`, `merged_facts`: one run of the shards of a plan
- `failures`: state and reason of a case that raised, or cost its process
- `run_ceilings`: what it measures of its machine before its cases
- `limits`: what a case may take of memory, so that one too large is a row and not a kill
- `user_pairs`: which of a user's pairs broke their promises
- `progress`: what the terminal shows of a run
- `first_run`: the first run on a new device, as parts with limits
- `lock`: one run at a time on a machine's CPU, on each GPU and in a run's folder; `locked_file`, `place`: how, where
- `gpus`: what a run asks of its GPUs before it starts
- `unsupervised`: a pass started by hand through pytest
"""
