"""How one case is measured. Every instrument works on a `Subject`: restore an input, call, run backward.

- `clock`: a call's seconds on the host; its page faults
- `cuda_clock`: a call's seconds on a GPU, held back by a `spin`; `clocks`: the clock of a device
- `gpu`: a GPU as its driver sees it, asked through NVML; `lost_device`: whether a GPU can still be used
- `machine_errors`: errors that concern the machine, not torch
- `rounds`: both variants in interleaved rounds (AB BA), and when to stop
- `memory`: exact bytes of a call: peak and held; in a pass of its own
- `allocator_events`: each block that the CPU's allocator makes and lets go
- `ceilings`: the machine's own bandwidth and its cheapest call, by the same clock
- `machine`: facts stored with a run, and what disturbed a case
"""
