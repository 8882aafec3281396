"""What the terminal shows during a run: the case, the progress, the time left, and the newest verdict."""

import math
import shutil
import statistics
import sys
import time
from collections import defaultdict
from contextlib import suppress
from typing import TextIO

from benchmarks.record import OK, THRESHOLDS, Case
from benchmarks.record.case_name import case_id
from benchmarks.record.interval import interval, verdict
from benchmarks.record.plain_text import clock_text
from benchmarks.running.run import Pass


class Progress:
    """The display of a run: one line that is overwritten on a terminal, and one line per pass elsewhere.

    It prints a further line for each case that failed.
    """

    _current: Pass  #: set by `begin`

    def __init__(self, passes: int, stream: TextIO | None = None) -> None:
        """`stream`: standard error by default."""
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._passes = passes
        self._finished = 0
        self._cases = self._done = 0
        self._timed_pass_seconds: list[float] = []
        self._began = time.monotonic()
        self._log_speedups: dict[Case, list[float]] = defaultdict(list)
        self._last = ""

    def begin(self, current: Pass) -> None:
        """Show that a pass begins."""
        self._current, self._cases, self._done, self._began = current, 0, 0, time.monotonic()
        self._show("starting")

    def planned(self, cases: int, left: int) -> None:
        """Show how many cases the pass has, and how many of them are left."""
        self._cases, self._done = cases, cases - left
        self._show("warming up")

    def started(self, case: Case) -> None:
        """Show the case that begins."""
        self._show(f"{case.phase} {case_id(case)}")

    def ended(self, case: Case, log_speedup: float | None, state: str) -> None:
        """Show that a case ended: its state if it failed, or its verdict over the passes so far.

        `log_speedup`: that of this pass; None if it measured no time.
        """
        self._done += 1
        if state != OK:
            self._print(f"  {state}: {case.phase} {case_id(case)}")
        elif log_speedup is not None:
            values = self._log_speedups[case]
            values.append(log_speedup)
            bounds = interval(values, THRESHOLDS["confidence"])
            if bounds is not None:
                low, high = map(math.exp, bounds)
                word = verdict(low, high, THRESHOLDS["difference"], THRESHOLDS["equivalence"])
                speedup = math.exp(statistics.median(values))
                self._last = f"{case.phase} {case.pair} {speedup:.2f}x ({low:.2f}-{high:.2f}) {word}"

    def end(self) -> None:
        """Print a line about the pass that ended, with its seconds."""
        seconds = time.monotonic() - self._began
        current = self._current
        self._finished += 1
        if current.kind != "memory":
            self._timed_pass_seconds.append(seconds)
        what = "memory" if current.kind == "memory" else f"time, {current.allocator}"
        self._print(f"pass {self._finished} of {self._passes} ({what}): {self._cases} cases in {seconds:.0f} s")

    def close(self) -> None:
        """Remove the line that is overwritten."""
        if self._live:
            self._write("\r\033[K")

    def _show(self, doing: str) -> None:
        if not self._live:
            return
        kind = "memory" if self._current.kind == "memory" else self._current.allocator
        parts = [f"pass {self._finished + 1}/{self._passes} {kind}", f"{self._done}/{self._cases}", self._left(), doing]
        if self._last:
            parts.append(f"| {self._last}")
        line = "  ".join(part for part in parts if part)
        self._write("\r\033[K" + line[: shutil.get_terminal_size().columns - 1])

    def _left(self) -> str:
        """Return the time left as text; empty while it cannot be estimated.

        It comes from the durations of earlier timed passes, and before these from the cases done in this pass.
        """
        elapsed = time.monotonic() - self._began
        if self._timed_pass_seconds:
            usual = statistics.mean(self._timed_pass_seconds)
        elif self._done > 10:
            usual = elapsed * self._cases / self._done
        else:
            return ""
        seconds = max(0.0, usual - elapsed) + usual * (self._passes - self._finished - 1)
        return f"{clock_text(seconds)} left"

    def _print(self, line: str) -> None:
        self.close()
        self._write(line + "\n")

    def _write(self, text: str) -> None:
        with suppress(OSError):  # for example a full disk: no run ends because of its display
            self._stream.write(text)
            self._stream.flush()
