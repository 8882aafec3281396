"""The HTML report: one offline file, a page a question. Numbers and text are made here, templates only lay them out.

- `whole`: the pages put together, and the policy that lets nothing in from outside
- `first`, `picture`, `standing`: the answer, time and memory at once, and where each op stands in them
- `heat`, `beside`, `bysize`: is it faster
- `saves`: does it save memory
- `right`: is it right
- `why`, `spread`: page faults, hidden clones, bandwidth, calls too small to carry a signal
- `runs`: several runs side by side, and each op over them
- `ops`, `cases`, `anchors`: every op's card, every case's row, and the names by which they are linked to
- `instrument`: how true the numbers are
"""
