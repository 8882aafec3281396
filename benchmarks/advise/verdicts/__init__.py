"""What is proved about each switch, and what to do.

- `watched_steps`: executes the steps under watch, and makes a finding per switch
- `static`: what the source must say about a site; `proof`: what source and watched execution prove together;
  `memory_bound`: finds switches that cannot save a byte, without a trial
- `settle`: the verdicts that follow from the trials; `copied_writes`: judges calls that are in place already
- `why_never`: what forbids a switch, with its line; `first_difference`: the op that shows why a trial failed
- `advice`: all these parts in their order
"""
