"""A spin: a kernel that holds a GPU's stream back for a known time; and the cost of a pair of events.

It counts cycles of the SM clock (ATen/native/cuda/Sleep.cu), and an idle GPU's clock rises when work comes. So a short
spin right before each one measures the cycles per second, and nothing is kept for later. All of it runs on the current
device.
"""

import statistics
from collections.abc import Callable
from typing import Any

import torch

#: Cycles whose time gives the cycles per second: 25 us at 2 GHz, 50 times the resolution of events.
CALIBRATION_CYCLES = 50_000
#: Wakes the stream before a measurement: both events then wait behind work, and no first use is between them.
LEAD_CYCLES = 20_000
#: Pairs of events whose median is the cost of a pair.
EMPTY_PAIRS = 5


class Spin:
    """The spin kernel of the current device; `cuda` is torch.cuda or a replacement."""

    def __init__(self, cuda: Any = torch.cuda) -> None:
        self._cuda = cuda
        self.empty_pair_s = 0.0  #: seconds between two events with nothing between them

    def calibrate(self) -> None:
        """Measure the cost of a pair of events, which also loads what a spin needs."""
        self.empty_pair_s = statistics.median(self.device_s() for _ in range(EMPTY_PAIRS))

    def hz(self, cycles: int = CALIBRATION_CYCLES) -> float:
        """Cycles per second at this moment, measured with so many cycles."""
        spun_s = self.device_s(lambda: self._cuda._sleep(cycles)) - self.empty_pair_s
        return cycles / max(1e-9, spun_s)

    def hold(self, seconds: float) -> None:
        """Keep the idle stream busy for `seconds`, at its present clock; returns at once."""
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
