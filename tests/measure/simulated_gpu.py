"""A simulated GPU: a `torch.cuda` whose time is counted, not spent, and which misbehaves as real ones do.

Each behaviour names its source. `lacking` takes behaviours out, so that tests can show that each of them matters.

- `streams`: a launch returns at once and its kernel runs when those before it are done; `query`, `synchronize` and
  `elapsed_time` see the device's time (CUDA C Programming Guide, "Asynchronous Concurrent Execution")
- `current device`: events, spins and launches go to the current device's stream (ATen/native/cuda/Sleep.cu takes
  `getCurrentCUDAStream()`; torch.cuda.Event.record: "uses torch.cuda.current_stream() if no stream is specified")
- `launch queue`: about 1,000 kernels wait; the launch of the next one waits for the first
  (forums.developer.nvidia.com/t/68937, stackoverflow.com/questions/53970187)
- `lazy loading`: a kernel's first launch waits for all that runs, then loads it
  (CUDA C Programming Guide, "Lazy Loading": "may require synchronization of the context")
- `clock ramp`: an idle GPU runs at its lowest clock and rises within milliseconds of work; the spin counts cycles
  (Sleep.cu: `clock64()`), so it lasts longer then (NVML clock event reason `GpuIdle`)
- `event cost`: two events with nothing between them are a microsecond or two apart (CUDA C Best Practices Guide, "Using
  CUDA GPU Timers": events are work of the stream)
- `event resolution`: half a microsecond (CUDA Runtime API, cudaEventElapsedTime)
- `throttling`: slowed down, kernels take longer, and NVML says why (nvmlClocksEventReasonHwThermalSlowdown)
- `sync debug mode`: "error" makes a call that waits for the device raise (c10/cuda/CUDAFunctions.cpp,
  `warn_or_error_on_sync`)
- `lost device`: after a failed kernel every later call that looks at the device raises
  (CUDA Runtime API, cudaErrorAssert: "The device cannot be used until the context is destroyed")
"""

import contextlib
import dataclasses
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from benchmarks.inputs import Subject
from tests.measure.simulated_event import SimulatedEvent
from tests.measure.simulated_nvml import SimulatedNvml

QUEUE_DEPTH = 1_000
LOAD_NS = 1_000_000
SLOWEST_MHZ, FASTEST_MHZ = 345.0, 1_980.0
RAMP_NS = 20_000_000  #: of work, from the slowest clock to the fastest
IDLE_NS = 200_000_000  #: without work, until the clock has fallen again
SYNC_TEXT = "called a synchronizing CUDA operation"
LOST_TEXT = "CUDA error: device-side assert triggered"

BEHAVIOURS = (
    *("streams", "current device", "launch queue", "lazy loading", "clock ramp"),
    *("event cost", "event resolution", "throttling", "sync debug mode", "lost device"),
)


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


@dataclass
class Tensor:
    """What a simulated subject hands around: bytes alone."""

    nbytes: int = 4096


@dataclass
class Device:
    """One card's stream: when it is free, what waits in its queue, and how warm its clock is."""

    free_ns: float = 0.0
    queued: deque[float] = field(default_factory=deque)  #: when each launched kernel ends, in order
    worked_ns: float = 0.0  #: since the clock last fell
    idle_since_ns: float = 0.0
    seconds: float = 0.0  #: of kernels that were no spin
    spun_s: float = 0.0


class SimulatedGpu:
    """Stands in for `torch.cuda` (and, as `nvml`, for `pynvml`); `now_ns` stands in for `time.perf_counter_ns`."""

    def __init__(self, cards: int = 1, lacking: Sequence[str] = (), l2_bytes: int = 60 * 2**20) -> None:
        unknown = set(lacking) - set(BEHAVIOURS)
        assert not unknown, unknown
        self.behaviours = set(BEHAVIOURS) - set(lacking)
        self.host_ns = 0.0
        self.cards = [Device() for _ in range(cards)]
        self.current = 0
        self.loaded: set[str] = set()
        self.log: list[tuple[int, str]] = []  #: card and what was asked of it, in order
        self.spins_s: list[float] = []
        self.throttled: list[tuple[float, float]] = []  #: from and until, in ns of the host's time
        self.sync_debug_mode = 0
        self.lost = False
        self.l2_bytes = l2_bytes
        self.free_bytes = 2**36
        self.nvml = SimulatedNvml(self)

    # What the suite asks of torch.cuda.

    def now_ns(self) -> int:
        """The host's clock."""
        return int(self.host_ns)

    @contextlib.contextmanager
    def device(self, device: str) -> Iterator[None]:
        """Make a card the current one."""
        before, self.current = self.current, _index(device)
        try:
            yield
        finally:
            self.current = before

    def synchronize(self, device: str | None = None) -> None:
        """Wait for all work of a card."""
        number = self.current if device is None else _index(device)
        self.log.append((number, "synchronize"))
        self._wait_for(self.cards[number].free_ns)

    def Event(self, enable_timing: bool = False) -> SimulatedEvent:
        """An event, to be recorded in the current card's stream."""
        assert enable_timing
        return SimulatedEvent(self)

    def mem_get_info(self, device: str) -> tuple[int, int]:
        """Free and all bytes of a card."""
        return self.free_bytes, 2 * self.free_bytes

    def _sleep(self, cycles: int) -> None:
        """The spin kernel: so many cycles of the card's clock. It is loaded at its first use, as any kernel."""
        card = self._card
        if "lazy loading" in self.behaviours and "spin" not in self.loaded:
            self._wait_for(card.free_ns)
            self.host_ns += LOAD_NS
        self.loaded.add("spin")
        self.log.append((self.current, "spin"))
        self.host_ns += 2_000
        duration_ns = cycles / self._mhz(card) * 1e3
        card.spun_s += duration_ns * 1e-9
        self.spins_s.append(duration_ns * 1e-9)
        self._run(card, duration_ns)

    def get_device_properties(self, device: str) -> SimpleNamespace:
        """What the clock and the facts read of a card."""
        return SimpleNamespace(L2_cache_size=self.l2_bytes, uuid=f"0000-{_index(device)}", name="Simulated")

    def get_sync_debug_mode(self) -> int:
        return self.sync_debug_mode

    def set_sync_debug_mode(self, mode: int | str) -> None:
        names = {"default": 0, "warn": 1, "error": 2}
        self.sync_debug_mode = names[mode] if isinstance(mode, str) else mode

    # What a simulated op does.

    def launch(self, kernel: Kernel) -> None:
        """The host starts a kernel in the current card's stream."""
        card = self._card
        self.log.append((self.current, kernel.name))
        if "lazy loading" in self.behaviours and kernel.name not in self.loaded:
            self._wait_for(card.free_ns)
            self.host_ns += LOAD_NS
        self.loaded.add(kernel.name)
        while card.queued and card.queued[0] <= self.host_ns:
            card.queued.popleft()
        if "launch queue" in self.behaviours and len(card.queued) >= QUEUE_DEPTH:
            self._wait_for(card.queued[0])
        self.host_ns += kernel.host_ns
        duration_ns = kernel.device_ns * FASTEST_MHZ / self._mhz(card)
        card.seconds += duration_ns * 1e-9
        self._run(card, duration_ns)
        if "streams" not in self.behaviours:
            self._wait_for(card.free_ns)

    def wait(self) -> None:
        """The host waits for the current card, as `.item()` does."""
        if self.sync_debug_mode == 2 and "sync debug mode" in self.behaviours:
            raise RuntimeError(SYNC_TEXT)
        self._wait_for(self._card.free_ns)

    def run(self, program: Program) -> None:
        """All launches and waits of a program."""
        for step in program:
            if isinstance(step, Wait):
                self.wait()
            else:
                self.launch(step)

    def subject(self, program: Program, backward: Program | None = None, input_bytes: int = 4096) -> Subject:
        """A variant whose call, and backward, are such programs; restoring is one kernel."""

        def call(x: Tensor) -> Tensor:
            self.run(program)
            return x

        def differentiate(x: Any) -> tuple[Tensor, ...]:
            self.run(backward or ())
            return (Tensor(input_bytes),)

        def restore() -> Tensor:
            self.launch(Kernel("clone", device_ns=max(1_000, input_bytes // 2_000)))
            return Tensor(input_bytes)

        return Subject(restore, call, None if backward is None else differentiate)

    @property
    def _card(self) -> Device:
        return self.cards[self.current if "current device" in self.behaviours else 0]

    def _run(self, card: Device, duration_ns: float) -> None:
        start_ns = max(card.free_ns, self.host_ns)
        if start_ns - card.free_ns > IDLE_NS:
            card.worked_ns = 0.0
        card.free_ns = start_ns + duration_ns
        card.worked_ns += duration_ns
        card.queued.append(card.free_ns)

    def _mhz(self, card: Device) -> float:
        """The clock at which what is launched now will run."""
        mhz = FASTEST_MHZ
        if "clock ramp" in self.behaviours:
            mhz = SLOWEST_MHZ + (FASTEST_MHZ - SLOWEST_MHZ) * min(1.0, card.worked_ns / RAMP_NS)
        return mhz / 2 if self.is_throttled() else mhz

    def is_throttled(self) -> bool:
        """Whether the cards are slowed down now."""
        return "throttling" in self.behaviours and any(a <= self.host_ns < b for a, b in self.throttled)

    def _wait_for(self, end_ns: float) -> None:
        if self.lost and "lost device" in self.behaviours:
            raise RuntimeError(LOST_TEXT)
        self.host_ns = max(self.host_ns, end_ns)


def _index(device: str) -> int:
    return int(str(device).partition(":")[2] or 0)


def program_of(kernels: int, device_ns: int = 2_000, host_ns: int = 5_000, name: str = "op") -> list[Kernel]:
    """So many launches of one kernel."""
    return [dataclasses.replace(Kernel(name), device_ns=device_ns, host_ns=host_ns)] * kernels
