"""Everything that runs torch: what is compared, how it is measured, whether it is right.

- `record/`: THE CONTRACT: names, units and version of what is stored; how a run's folder is written and read
- `catalogue/`: WHAT is compared: declarations only, one line per pair; model-sized pairs in `catalogue/scenarios/`
- `models/`: the architectures that scenarios build, at their published sizes
- `tensors`, `inputs`: seeded tensors in their layouts; a case's tensors, and a fresh, equal input for every call
- `workload`: the same for a scenario: builds both variants alike and restores their state before every call
- `nested`: several inputs and results in tuples and dicts; `optimizer_state`: finds and restores optimizers' state
- `tracking/`: who made, read, wrote and saved each tensor's memory, in any code, with file and line
- `planning/`: from options and presets to the cases of a run
- `verify/`: RIGHT BEFORE FAST: what must hold before a case is timed
- `measure/`: HOW one case is measured: clock, rounds, memory, machine
- `running/`: a run as fresh processes: supervisor, passes, journal, lock, progress
- `cgroup`: how much memory containers and batch systems leave to this process
- `temporary`: temporary files, and errors that name their folder
- `process`: starts, watches and ends one process; `in_flight`: which variant runs in it; `orphans`: what it leaves
- `fork`: runs a call in a fork; `process_end`: what both share; `kernel`: what a process asks of Linux about its end
- `autograd/`: THE LABORATORY: claims, hazards and safety; no run needs it; what it stores is in `autograd/record/`
- `advise/`: a user's own step: which in-place ops to switch in it
- `versions/`: the same run on several versions of torch
- `fleet/`: one plan in shards on many machines, with Ray or without; merged into one run per kind and version
- `reference/`: what the repository keeps: what of it is stale, measured again
- `source_text`: a file's text, its syntax tree and edits of it; `advise` and `explain` write their changes with it
- `explain/`: runs a user's script and shows which line overwrote what its backward needs
- `attribution/`: where the bytes are at the peak of a step: by purpose, module, file and line
- `selftest/`: whether the instrument can be trusted
- `advise_judge/`: whether the advisor is right: generated programs and a zoo of models, judged by brute force
- `bench_*`, `phases`, `conftest`, `replay`, `interrupted`: the cases as pytest modules with pytest-benchmark records
- `listing`, `cli`, `__main__`: the catalogue as text; the commands
- `messages`: one line on standard error
- `entry`: a command's exit status, signals and standard streams; `waits`: waits for a process, up to a limit

Imports go one way: record, cgroup, temporary, kernel, waits <- replay, phases, in_flight, orphans, process_end, models,
tracking <- process, fork, entry, nested <- messages, source_text, interrupted <- catalogue <- tensors, listing <-
inputs, optimizer_state <- workload <- measure, verify, planning <- running, autograd, explain, attribution <- advise <-
conftest <- selftest, versions <- fleet, reference <- cli <- advise_judge <- __main__. Rooms between two arrows do not
import each other. Only `selftest` imports from `analysis`: the gate, which it measures, and the readers of stored runs.
"""
