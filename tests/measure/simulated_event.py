"""A simulated CUDA event, recorded in the current stream of a `SimulatedGpu`."""

from typing import Any

RESOLUTION_NS = 500
EVENT_NS = 1_000  #: host's time to record an event
EVENT_DEVICE_NS = 1_500  #: the device's


class SimulatedEvent:
    """An event, recorded behind the work that its stream holds at that time."""

    def __init__(self, gpu: Any) -> None:
        gpu.reach("Event")
        self._gpu = gpu
        self.at_ns: float | None = None

    def record(self) -> None:
        self._gpu.reach("Event.record")
        self._gpu.log.append((self._gpu.current, "record"))
        self._gpu.host_ns += EVENT_NS
        card = self._gpu.card
        card.free_ns = max(self._gpu.host_ns, card.free_ns)
        if self._gpu.behaves("event cost"):
            card.free_ns += EVENT_DEVICE_NS
        self.at_ns = card.free_ns

    def query(self) -> bool:
        self._gpu.reach("Event.query")
        assert self.at_ns is not None
        return self._gpu.host_ns >= self.at_ns

    def synchronize(self) -> None:
        self._gpu.reach("Event.synchronize")
        assert self.at_ns is not None
        self._gpu.wait_until(self.at_ns)

    def elapsed_time(self, stop: "SimulatedEvent") -> float:
        """Milliseconds, in steps of the events' resolution."""
        self._gpu.reach("Event.elapsed_time")
        assert self.at_ns is not None and stop.at_ns is not None
        elapsed_ns = stop.at_ns - self.at_ns
        if self._gpu.behaves("event resolution"):
            elapsed_ns = round(elapsed_ns / RESOLUTION_NS) * RESOLUTION_NS
        return elapsed_ns / 1e6
