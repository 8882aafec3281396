"""Executions of the steps with some switches: what must stay the same, bytes, times.

- `step_trials`: the trials; `observe`: all that must stay the same; `birth_order`: the order that gives modules their
  names; `step_bytes`: the bytes of a step
- `built_parts`: what `make()` built, by names
- `cuda_trials`: settings of trials on a GPU; `cuda_step_bytes`: the bytes of a step there
- `search`: which switches agree with the baseline together, and which save bytes
- `peak_places`: where the bytes are at the peak of each step, as given and patched
- `step_times`: the times of a step as given and patched, measured in turns; `timed_process`: a process that is timed
"""
