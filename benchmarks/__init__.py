"""Everything that runs torch: what is compared, how it is measured, whether it is right.

- `record/`: THE CONTRACT: names, units and version of what is stored, and how a run's folder is written and read
- `catalogue/`: WHAT is compared: declarations only, one line per pair; model-sized pairs in `catalogue/scenarios/`
- `models/`: the architectures that scenarios build, at their published sizes
- `tensors`, `inputs`: seeded tensors in their layouts; a case's tensors, and a fresh, equal input for every call
- `workload`: the same for a scenario: both variants built alike, their state put back before they are called
- `nested`: several inputs and results in tuples and dicts; `optimizer_state`: what an optimizer keeps, found, put back
- `planning/`: from options and presets to the cases of a run
- `verify/`: RIGHT BEFORE FAST: what must hold before a case is timed
- `measure/`: HOW one case is measured: clock, rounds, memory, machine
- `running/`: a run as fresh processes: supervisor, passes, journal, lock, progress
- `cgroup`: what containers and batch systems leave this process of memory
- `temporary`: files for the moment, and errors that name their folder
- `process`: starts, watches and ends one process; `in_flight`: which variant runs in it; `orphans`: what it leaves
- `autograd/`: THE LABORATORY: claims, hazards and safety; no run needs it; what it stores is in `autograd/record/`
- `advise/`: a user's own step: which in-place ops to switch in it
- `selftest/`: whether the instrument can be trusted
- `advise_judge/`: whether the advisor is right: generated programs and a zoo of models, judged by brute force
- `bench_*`, `phases`, `conftest`, `replay`: the same cases as pytest modules with pytest-benchmark records
- `listing`, `cli`, `__main__`: the catalogue as text; the commands
- `entry`: a command's process: exit statuses, signals, standard streams; `waits`: waits for another, up to a limit

Imports go one way, from record and models over catalogue, inputs and workload to planning, verify and measure, and from
there to running and autograd, then conftest, selftest, cli and advise_judge. Of `analysis` only `selftest` takes anything: the gate,
which it measures, and what reads stored runs for it. `tests/test_imports.py` holds the floors.
"""
