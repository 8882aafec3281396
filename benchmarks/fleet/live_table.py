"""What the terminal shows about a fleet: a line per shard that is measured now, and counts of the others.

On a terminal the lines are overwritten. Elsewhere each change is a new line.
"""

import time
from collections import Counter
from collections.abc import Mapping
from typing import TextIO

from benchmarks.fleet.schedule import DONE, GAP, RUNNING, WAITING, Job, Schedule, Try
from benchmarks.record.plain_text import clock_text

_CLEAR_BELOW = "\x1b[J"


class LiveTable:
    """Draws the state of a schedule."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._began_s: dict[Try, float] = {}
        self._drawn = 0  #: lines on the terminal
        self._printed: dict[Job, str] = {}

    def show(self, schedule: Schedule, said: Mapping[Try, str]) -> None:
        """Draw the state, or print what changed. `said`: the last report of each running try."""
        now_s = time.monotonic()
        for each in schedule.running:
            self._began_s.setdefault(each, now_s)
        if self._stream.isatty():
            lines = table_lines(schedule, said, {each: now_s - began_s for each, began_s in self._began_s.items()})
            up = f"\x1b[{self._drawn}F" if self._drawn else ""
            self._stream.write(up + _CLEAR_BELOW + "\n".join(lines) + "\n")
            self._drawn = len(lines)
        else:
            self._print_changes(schedule)
        self._stream.flush()

    def _print_changes(self, schedule: Schedule) -> None:
        for job, state in schedule.jobs.items():
            text = f"{state.state} on {state.running.node}" if state.running else state.state
            if state.state in (WAITING, GAP) and state.reason:
                text += f": {state.reason}"
            if text != self._printed.get(job, WAITING):
                self._printed[job] = text
                self._stream.write(f"{job.kind} torch {job.version} shard {job.shard}: {text}\n")


def table_lines(schedule: Schedule, said: Mapping[Try, str], running_s: Mapping[Try, float]) -> list[str]:
    """Return the table as lines: a line per running try, then how many shards wait, are done or are given up.

    `running_s`: how long each try runs, in seconds.
    """
    rows = [("machines", "torch", "shard", "where", "for", "how far")]
    for each in schedule.running:
        job, seconds = each.job, running_s.get(each, 0.0)
        again = f" (try {each.number})" if each.number > 1 else ""
        rows.append((job.kind, job.version, job.shard, each.node, clock_text(seconds), said.get(each, "") + again))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    counts = Counter(state.state for state in schedule.jobs.values())
    names = {DONE: "done", RUNNING: "running", WAITING: "waiting", GAP: "given up"}
    counted = [f"{counts[state]} {name}" for state, name in names.items() if counts[state]]
    return [*lines, f"{len(schedule.jobs)} shards: {', '.join(counted)}"]
