"""The HTML report: one offline file, a page per question. Numbers become text here; templates only lay it out.

- `render`: the pages put together, and the policy that lets nothing in from outside
- `context`: what HTML and Markdown both show of a section
- `advice_lists`, `scatter`: the first page: what to do with which op; every op by time and memory at once
- `heatmap`, `phases`, `size_panels`: is it faster: by size, phase by phase, speedup against size
- `memory_page`: does it save memory
- `right`: is it right
- `scenario_blocks`, `growth_curves`: in real models; cost against scale; `memory_timelines`: live memory over a call
- `why`, `bandwidth`: page faults, hidden clones, bandwidth, calls too small to carry a signal
- `runs`: several runs side by side, and each op over them
- `ops`, `cases`: every op's card, every case's row
- `op_summary`: an op's speedup, memory ratio and memory class, for several pages
- `anchors`: the ids by which ops and cases are linked
- `instrument`: how true the numbers are

Imports go one way: anchors, op_summary <- a page each <- context <- render.
"""
