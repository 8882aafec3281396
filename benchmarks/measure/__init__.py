"""How one case is measured. Every instrument works on a `Subject`: restore an input, call, run backward.

- `clock`: the seconds that one call takes on the host; its page faults
- `cuda_clock`: the seconds that one call takes on a GPU, held back by a `spin`; `clocks`: the clock of a device
- `gpu`: a GPU as its driver sees it, asked through NVML; `lost_device`: whether a GPU can still be used
- `machine_errors`: errors that tell of the machine and not of torch
- `rounds`: both variants in interleaved rounds (AB BA), and when to stop
- `memory`: exact bytes of a call: peak and held; in a pass of its own
- `allocator_events`: each block that the CPU's allocator makes and lets go
- `ceilings`: the machine's own bandwidth and its cheapest call, by the same clock
- `machine`: facts stored with a run, and what disturbed a case
"""
