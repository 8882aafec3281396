"""Everything that runs torch: what is compared, how it is measured, whether it is right.

- `catalogue/`: what is compared; declarations only, one line a pair; in `catalogue/scenarios/` whole practices
- `models/`: the architectures that scenarios build, at their published sizes
- `tensors`, `inputs`: seeded tensors in their layouts; those of a case, and how they are restored before every call
- `workload`: the same for a scenario: both forms built alike, their state put back before every call
- `planning/`: from options and presets to the cases of a run
- `measure/`: how one case is measured: clock, rounds, memory, machine
- `autograd/`: is it right: the promises of a pair held against what it does; claims, hazards, and every pair in every
  situation
- `process`: a process of its own for what may crash or hang: a pass, a hazard, the safety matrix
- `running/`: a run as fresh processes: supervisor, passes, journal, lock, progress
- `record`, `folder`: the contract: names, units and version of what is stored, and how a run's folder is written and
  read; standard library only
- `bench_*`, `phases`, `conftest`, `replay`: the same cases as pytest modules with pytest-benchmark records
- `selftest/`: the instrument measured
- `__main__`: the commands

Imports go one way: models -> catalogue -> inputs -> workload -> measure, autograd -> running -> conftest, __main__;
all may use `record`, and `folder` from running on.
"""
