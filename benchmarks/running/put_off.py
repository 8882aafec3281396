"""Puts cases of a timed pass off while the machine is in a slow state: they come again at the end of the pass.

The state is read from an op of our own, never from the case's times, so the choice cannot favour a result. A case is
put off once; then it waits for a better state, while the pass has patience, and is measured in any state.
"""

import time
from collections.abc import Callable

import torch

from benchmarks.measure.parallel_start import ParallelStart
from benchmarks.record import Case
from benchmarks.running.heaps import needs_fresh_blocks

#: How long the cases of a pass may wait in all, and between two readings, in seconds.
PATIENCE_S, _LOOK_S = 2.0, 0.01


class PutOff:
    """Which cases of a pass come later."""

    def __init__(self, make: Callable[[int], ParallelStart] = ParallelStart) -> None:
        self._make = make
        self._starts: dict[int, ParallelStart] = {}  #: by number of threads
        self._cases: set[Case] = set()
        self.patience_s = PATIENCE_S

    def puts_off(self, case: Case) -> bool:
        """Whether a case that is about to begin had better come later. One that was put off already may wait here."""
        if case.device != "cpu" or case.threads < 2 or needs_fresh_blocks(case):
            return False
        if case not in self._cases:
            if self._start(case.threads).is_slow():
                self._cases.add(case)
            return case in self._cases
        began = time.monotonic()
        while self.patience_s > 0 and self._start(case.threads).is_slow():
            time.sleep(_LOOK_S)
            now = time.monotonic()
            self.patience_s, began = self.patience_s - (now - began), now
        return False

    def _start(self, threads: int) -> ParallelStart:
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        if threads not in self._starts:
            self._starts[threads] = self._make(threads)
        return self._starts[threads]
