"""A stored run: its measurements as a frame, and the facts in its `run.json`. Nothing that is read is trusted.

- `load`: the journal as a tidy frame, a row per measurement; refuses what it cannot read
- `facts`: fields of `run.json`, each of the right type or missing
- `description`: the run and its machine in words
- `wall_time`: where the time of the run went
- `coverage`: which in-place names the suite measures, excuses or misses
- `scenarios`: what the run declares about its scenarios
- `advised_steps`: what a run of the advisor says of the user's code

Imports go one way: load, facts <- description, wall_time, coverage, scenarios, advised_steps.
"""
