"""What it costs, now, to give all threads of torch a part of an op.

On a virtual machine that cost jumps by half and more, for seconds at a time and for every op alike. Added to both
variants, it moves a speedup towards 1.
"""

import time

import torch

#: Elements per thread of the smallest op that torch splits.
_GRAIN = 32_768
#: Calls of a reading, of which the quickest counts: others may be interrupted.
_CALLS = 5
#: Readings at the start, for the quickest state that is there.
_FIRST = 50
#: How much more than the quickest reading is another state of the machine.
_SLOW = 1.35


class ParallelStart:
    """Reads that cost for a number of threads, and knows the least of this process."""

    def __init__(self, threads: int) -> None:
        self._tensor = torch.zeros(threads * _GRAIN, dtype=torch.uint8)
        self.least_s = float("inf")
        for _ in range(_FIRST):
            self.read_s()

    def read_s(self) -> float:
        """The quickest of a few calls now, in seconds."""
        found = float("inf")
        for _ in range(_CALLS):
            start = time.perf_counter()
            self._tensor.bitwise_not_()
            found = min(found, time.perf_counter() - start)
        self.least_s = min(self.least_s, found)
        return found

    def is_slow(self) -> bool:
        """Whether it costs clearly more now than it did at best."""
        return self.read_s() > _SLOW * self.least_s
