"""A spin: a kernel that holds a GPU's stream back for a known time; and what a pair of events costs.

It counts cycles of the SM clock (ATen/native/cuda/Sleep.cu), and an idle GPU's clock rises when work comes. So a short
spin right before each one tells how many cycles a second has now, and nothing is kept for later. All of it goes to the
current device.
"""

import statistics
from collections.abc import Callable
from typing import Any

import torch

#: Cycles whose time tells how many there are in a second: 25 us at 2 GHz, of which events resolve a fiftieth.
CALIBRATION_CYCLES = 50_000
#: What wakes the stream before something is timed: both events then wait behind work, and no first use lies between.
LEAD_CYCLES = 20_000
#: Pairs of events whose median is what a pair costs.
EMPTY_PAIRS = 5


class Spin:
    """The spin kernel of the current device; `cuda` is torch.cuda, or stands in for it."""

    def __init__(self, cuda: Any = torch.cuda) -> None:
        self._cuda = cuda
        self.empty_pair_s = 0.0  #: seconds between two events with nothing between them

    def calibrate(self) -> None:
        """Find out what a pair of events costs, and with it load what a spin needs."""
        self.empty_pair_s = statistics.median(self.device_s() for _ in range(EMPTY_PAIRS))

    def hz(self, cycles: int = CALIBRATION_CYCLES) -> float:
        """Cycles per second, now, by so many of them."""
        spun_s = self.device_s(lambda: self._cuda._sleep(cycles)) - self.empty_pair_s
        return cycles / max(1e-9, spun_s)

    def hold(self, seconds: float) -> None:
        """Keep the stream, which is idle, busy for so long by the clock that it has now; returns at once."""
        self._cuda._sleep(int(seconds * self.hz()))

    def device_s(self, work: Callable[[], object] | None = None) -> float:
        """Device seconds between two events around `work`, both recorded behind another spin."""
        start, stop = self._cuda.Event(enable_timing=True), self._cuda.Event(enable_timing=True)
        self._cuda._sleep(LEAD_CYCLES)
        start.record()
        if work is not None:
            work()
        stop.record()
        stop.synchronize()
        return start.elapsed_time(stop) / 1e3
