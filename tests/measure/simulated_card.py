"""One simulated GPU: a stream with its launch queue, and a clock that rises with work. Time is counted, not spent."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.measure.simulated_allocator import SimulatedAllocator

QUEUE_DEPTH = 1_000
LOAD_NS = 1_000_000
GAP_NS = 900
SPIN_HOST_NS = 2_000
SLOWEST_MHZ, FASTEST_MHZ = 345.0, 1_980.0
RAMP_NS = 20_000_000  #: of work, from the slowest clock to the fastest
IDLE_NS = 200_000_000  #: without work, until the clock has fallen again


@dataclass(frozen=True)
class Kernel:
    """One launch: its name, the device's time at the fastest clock, the host's time for it."""

    name: str
    device_ns: int = 2_000
    host_ns: int = 5_000


@dataclass(frozen=True)
class Wait:
    """A call that waits for the device, such as `.item()`."""


Program = Sequence[Kernel | Wait]


def program_of(kernels: int, device_ns: int = 2_000, host_ns: int = 5_000, name: str = "op") -> list[Kernel]:
    """`kernels` launches of one kernel."""
    return [Kernel(name, device_ns, host_ns)] * kernels


class SimulatedCard:
    """One device of a `SimulatedGpu`, which has the host's time and the behaviours."""

    def __init__(self, gpu: Any, memory_bytes: int) -> None:
        self._gpu = gpu
        self.allocator = SimulatedAllocator(gpu, self, memory_bytes)
        self.free_ns = 0.0  #: when all queued work is done
        self.loaded: set[str] = set()
        self.seconds = 0.0  #: time of kernels other than spins, with the gaps before them
        self.spun_s = 0.0
        self.spun_cycles: list[int] = []  #: of each spin
        self._queued: deque[float] = deque()  #: when each launched kernel ends, in order
        self._worked_ns = 0.0  #: since the clock last fell

    def launch(self, kernel: Kernel) -> None:
        """The host starts a kernel."""
        self._enter(kernel.name, kernel.host_ns)
        self.seconds += self._run(kernel.device_ns * FASTEST_MHZ / 1e3)[1] * 1e-9
        if not self._gpu.behaves("streams"):
            self._gpu.wait_until(self.free_ns)

    def spin(self, cycles: int) -> float:
        """The host starts the spin kernel, which is loaded at its first use like any other; returns its seconds."""
        self._enter("spin", SPIN_HOST_NS)
        seconds = self._run(cycles)[0] * 1e-9
        self.spun_s += seconds
        self.spun_cycles.append(cycles)
        return seconds

    @property
    def mhz(self) -> float:
        """The clock at which a kernel launched now begins to run."""
        idle = self._gpu.host_ns - self.free_ns > IDLE_NS
        mhz = FASTEST_MHZ
        if self._gpu.behaves("clock ramp"):
            mhz = SLOWEST_MHZ + _rise() * (0.0 if idle else min(self._worked_ns, RAMP_NS))
        return mhz / 2 if self._gpu.is_throttled() else mhz

    def _duration_ns(self, cycles: float) -> float:
        """How long `cycles` take from now on, with a clock that rises meanwhile."""
        slowed = 2 if self._gpu.is_throttled() else 1
        first, left = self.mhz * slowed, cycles * 1e3 * slowed  # MHz, and MHz times ns
        rises_ns = (FASTEST_MHZ - first) / _rise() if first < FASTEST_MHZ else 0.0
        while_rising = (first + FASTEST_MHZ) / 2 * rises_ns
        if left >= while_rising:
            return rises_ns + (left - while_rising) / FASTEST_MHZ
        return (math.sqrt(first**2 + 2 * _rise() * left) - first) / _rise()

    def _enter(self, name: str, host_ns: float) -> None:
        """The host's part of a launch: a first use waits and loads, and a full queue waits."""
        if self._gpu.behaves("lazy loading") and name not in self.loaded:
            self._gpu.wait_until(self.free_ns)
            self._gpu.host_ns += LOAD_NS
        self.loaded.add(name)
        while self._queued and self._queued[0] <= self._gpu.host_ns:
            self._queued.popleft()
        if self._gpu.behaves("launch queue") and len(self._queued) >= self._gpu.queue_depth:
            self._gpu.wait_until(self._queued[0])
        self._gpu.host_ns += host_ns

    def _run(self, cycles: float) -> tuple[float, float]:
        """Queues a kernel; returns its time in ns, and that time with the gap before it where it is not the first."""
        if self._gpu.host_ns - self.free_ns > IDLE_NS:
            self._worked_ns = 0.0
        duration_ns = self._duration_ns(cycles)
        ready_ns = max(self.free_ns, self._gpu.host_ns)
        gap_ns = GAP_NS if self._gpu.behaves("kernel gaps") else 0
        start_ns = max(self.free_ns + gap_ns, self._gpu.host_ns)
        self.free_ns = start_ns + duration_ns
        self._worked_ns += duration_ns
        self._queued.append(self.free_ns)
        return duration_ns, self.free_ns - ready_ns


def _rise() -> float:
    """MHz per nanosecond of work, until the fastest clock is reached."""
    return (FASTEST_MHZ - SLOWEST_MHZ) / RAMP_NS
