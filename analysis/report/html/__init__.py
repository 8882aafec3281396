"""The HTML report: one offline file, a page per question. Numbers become text here; templates only lay it out.

- `compact`: a page in fewer bytes; `card_places`: where the facts of a card hold
- `render`: joins the pages, with a policy that lets nothing in from outside
- `context`: the values that HTML and Markdown both show for a section
- `readers`, `advice_lists`, `scatter`: the first page: an answer per kind of reader; which op to use in place; every op
  by time and memory
- `heatmap`, `phases`, `size_panels`: is it faster: by size, by phase, speedup against size
- `memory_page`: does it save memory
- `right`, `alike`: is it right; what several sections share is shown once
- `scenario_blocks`, `growth_curves`: in real models; cost against scale; `memory_timelines`: live memory over a call
- `your_code`: the user's own steps: what to switch, where the bytes are, the times, the patch
- `why`, `bandwidth`: page faults, hidden clones, bandwidth, calls too small to carry a signal
- `runs`: several runs side by side, and each op over them; `across_page`: what differs and what changed
- `ops`, `card_facts`, `cases`: every op's card, what is known of it in several runs, every case's row
- `op_summary`: an op's speedup, memory ratio and memory class, for several pages
- `filled_pages`: the pages that have something to show
- `anchors`: the ids by which ops and cases are linked
- `instrument`: how far the numbers can be trusted

Imports go one way: anchors, op_summary <- a page each <- context <- render.
"""
