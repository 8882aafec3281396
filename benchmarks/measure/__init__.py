"""How one case is measured. Every instrument works on a `Subject`: restore an input, call, run backward.

- `clock`: the seconds that one call takes, on the host and on a GPU; its page faults
- `rounds`: both variants in interleaved rounds (AB BA), and when to stop
- `memory`: exact bytes of a call: peak and held; in a pass of its own
- `ceilings`: the machine's own bandwidth and its cheapest call, by the same clock
- `machine`: facts stored with a run, and what disturbed a case
"""
