"""A simulated GPU: a `torch.cuda` whose time is counted, not spent, and which misbehaves as real ones do.

`simulated_behaviours` lists its behaviours with their sources; `simulated_card` runs kernels, `simulated_allocator` has
a device's memory, `simulated_event` its events, `simulated_nvml` its driver.
"""

import contextlib
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import torch

from benchmarks.inputs import Subject
from tests.measure.simulated_allocator import SimulatedTensor
from tests.measure.simulated_behaviours import BEHAVIOURS
from tests.measure.simulated_card import QUEUE_DEPTH, Kernel, Program, SimulatedCard, Wait
from tests.measure.simulated_event import SimulatedEvent
from tests.measure.simulated_nvml import SimulatedNvml

LOST_TEXT = "CUDA error: device-side assert triggered"
#: Functions of torch.cuda that the suite calls and the host answers by itself, even for a lost device.
ON_THE_HOST = (
    *("is_available", "device_count", "get_device_name", "get_device_properties", "get_allocator_backend"),
    *("memory_stats", "memory_reserved", "memory_allocated", "reset_peak_memory_stats"),
    *("is_initialized", "current_device", "current_stream", "default_stream", "get_sync_debug_mode"),
)
#: Functions that reach the device, launches of ops included.
ON_THE_DEVICE = (
    *("launch", "device", "synchronize", "mem_get_info", "empty_cache", "_sleep"),
    *("Event", "Event.record", "Event.query", "Event.synchronize", "Event.elapsed_time"),
)


class SimulatedGpu:
    """Stands in for `torch.cuda` (and, as `nvml`, for `pynvml`); `now_ns` stands in for `time.perf_counter_ns`."""

    def __init__(
        self, cards: int = 1, lacking: Sequence[str] = (), l2_bytes: int = 60 * 2**20, memory_bytes: int = 2**37
    ) -> None:
        unknown = set(lacking) - set(BEHAVIOURS)
        assert not unknown, unknown
        self._behaviours = set(BEHAVIOURS) - set(lacking)
        self.host_ns = 0.0
        self.cards = [SimulatedCard(self, memory_bytes) for _ in range(cards)]
        self.current = 0
        self.log: list[tuple[int, str]] = []  #: device and call, in order
        self.spins_s: list[float] = []
        self.throttled: list[tuple[float, float]] = []  #: start and end of throttling, in ns of the host's time
        self.loses_at = ""  #: the call at which a device is lost, by its name
        self.lost = False
        self.l2_bytes = l2_bytes
        self.uuid: str | None = "0000"  #: the devices' UUIDs begin with it; None: torch does not report them
        self.queue_depth = QUEUE_DEPTH
        self.nvml = SimulatedNvml(self)

    def behaves(self, behaviour: str) -> bool:
        """Whether it has a behaviour."""
        assert behaviour in BEHAVIOURS, behaviour
        return behaviour in self._behaviours

    def reach(self, call: str) -> None:
        """Every function of torch.cuda begins here: at one of them the device may be lost, and then stays lost."""
        assert call in ON_THE_HOST or call in ON_THE_DEVICE, call
        self.lost = self.lost or call == self.loses_at
        if self.lost and call in ON_THE_DEVICE and self.behaves("lost device"):
            raise RuntimeError(LOST_TEXT)

    # What the suite asks of torch.cuda.

    def is_available(self) -> bool:
        self.reach("is_available")
        return True

    def device_count(self) -> int:
        self.reach("device_count")
        return len(self.cards)

    def get_device_name(self, device: str) -> str:
        self.reach("get_device_name")
        return f"Simulated {_index(device)}"

    def get_device_properties(self, device: str | int) -> SimpleNamespace:
        """The properties that the clock, the lock and the facts read."""
        self.reach("get_device_properties")
        card = self.cards[_index(device)]
        uuid = self.uuid and f"{self.uuid}-{_index(device)}"
        names = {"name": "Simulated", "uuid": uuid, "major": 9, "minor": 0}
        return SimpleNamespace(**names, L2_cache_size=self.l2_bytes, total_memory=card.allocator.memory_bytes)

    def is_initialized(self) -> bool:
        self.reach("is_initialized")
        return True

    def current_device(self) -> int:
        self.reach("current_device")
        return self.current

    def current_stream(self) -> str:
        """The one stream per device."""
        self.reach("current_stream")
        return "default"

    def default_stream(self) -> str:
        self.reach("default_stream")
        return "default"

    def get_sync_debug_mode(self) -> int:
        self.reach("get_sync_debug_mode")
        return 0

    def get_allocator_backend(self) -> str:
        self.reach("get_allocator_backend")
        return "native"

    @contextlib.contextmanager
    def device(self, device: str) -> Iterator[None]:
        """Makes a device the current one."""
        self.reach("device")
        before, self.current = self.current, _index(device)
        try:
            yield
        finally:
            self.current = before

    def synchronize(self, device: str | None = None) -> None:
        """Waits for all work of a device."""
        self.reach("synchronize")
        number = self.current if device is None else _index(device)
        self.log.append((number, "synchronize"))
        self.wait_until(self.cards[number].free_ns)

    def Event(self, enable_timing: bool = False) -> SimulatedEvent:
        """An event, to be recorded in the current device's stream."""
        assert enable_timing
        return SimulatedEvent(self)

    def _sleep(self, cycles: int) -> None:
        """The spin kernel: `cycles` of the device's clock."""
        self.reach("_sleep")
        self.log.append((self.current, "spin"))
        self.spins_s.append(self.card.spin(cycles))

    def mem_get_info(self, device: str) -> tuple[int, int]:
        """Free and total bytes of a device, as its driver counts them."""
        self.reach("mem_get_info")
        allocator = self.cards[_index(device)].allocator
        return allocator.free_of_driver(), allocator.memory_bytes

    def memory_stats(self, device: str) -> dict[str, int]:
        self.reach("memory_stats")
        self.log.append((_index(device), "memory_stats"))
        return self.cards[_index(device)].allocator.stats()

    def memory_reserved(self, device: str) -> int:
        self.reach("memory_reserved")
        return self.cards[_index(device)].allocator.current("reserved")

    def memory_allocated(self, device: str) -> int:
        self.reach("memory_allocated")
        return self.cards[_index(device)].allocator.current("allocated")

    def reset_peak_memory_stats(self, device: str) -> None:
        self.reach("reset_peak_memory_stats")
        self.cards[_index(device)].allocator.reset_peaks()

    def empty_cache(self) -> None:
        """Empties the caches of all devices."""
        self.reach("empty_cache")
        self.log.append((self.current, "empty_cache"))
        for card in self.cards:
            card.allocator.give_back()

    # What a simulated op does.

    def tensor(self, nbytes: int = 4096) -> SimulatedTensor:
        """A tensor on the current device."""
        return self.card.allocator.tensor(nbytes)

    def launch(self, kernel: Kernel) -> None:
        """The host starts a kernel in the current device's stream."""
        self.reach("launch")
        self.log.append((self.current, kernel.name))
        self.card.launch(kernel)

    def wait(self) -> None:
        """The host waits for the current device, as `.item()` does."""
        if self.behaves("syncing calls"):
            self.wait_until(self.card.free_ns)

    def run(self, program: Program) -> None:
        """All launches and waits of a program."""
        for step in program:
            if isinstance(step, Wait):
                self.wait()
            else:
                self.launch(step)

    def subject(
        self, program: Program, backward: Program | None = None, input_bytes: int = 4096, result_bytes: int = 0
    ) -> Subject:
        """A variant whose call and backward are these programs; restoring is one kernel.

        With `result_bytes` it is out-of-place: its result is a new tensor.
        """

        def call(x: SimulatedTensor) -> SimulatedTensor:
            result = self.tensor(result_bytes) if result_bytes else x
            self.run(program)
            return result

        def differentiate(x: Any) -> tuple[SimulatedTensor, ...]:
            gradient = self.tensor(input_bytes)
            self.run(backward or ())
            return (gradient,)

        def restore() -> SimulatedTensor:
            x = self.tensor(input_bytes)
            self.launch(Kernel("clone", device_ns=max(1_000, input_bytes // 2_000)))
            return x

        return Subject(restore, call, None if backward is None else differentiate)

    # Time.

    def now_ns(self) -> int:
        """The host's clock."""
        return int(self.host_ns)

    @property
    def card(self) -> SimulatedCard:
        """The current device."""
        return self.cards[self.current if self.behaves("current device") else 0]

    def is_throttled(self) -> bool:
        """Whether the devices are throttled now."""
        if not self.throttled:  # asked at every launch
            return False
        return self.behaves("throttling") and any(a <= self.host_ns < b for a, b in self.throttled)

    def wait_until(self, end_ns: float) -> None:
        """The host waits for the device until `end_ns`."""
        if self.lost and self.behaves("lost device"):
            raise RuntimeError(LOST_TEXT)
        self.host_ns = max(self.host_ns, end_ns)


def _index(device: str | int | torch.device) -> int:
    return device if isinstance(device, int) else int(str(device).partition(":")[2] or 0)
