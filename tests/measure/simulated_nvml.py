"""A simulated driver: the answers of `pynvml` about the devices of a `SimulatedGpu`."""

from types import SimpleNamespace
from typing import Any

#: Functions that the driver answers only for a whole GPU, not for a slice (MIG).
OF_WHOLE_GPUS = (
    *("nvmlDeviceGetClockInfo", "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"),
    *("nvmlDeviceGetEnforcedPowerLimit", "nvmlDeviceGetPersistenceMode", "nvmlDeviceGetMigMode"),
)


class SimulatedNvml:
    """The answers of `pynvml`; `silent` holds functions that this driver does not know."""

    NVML_CLOCK_SM = 1

    class NVMLError(Exception):
        pass

    def __init__(self, gpu: Any) -> None:
        self._gpu = gpu
        self.silent: set[str] = set()
        self.sliced = False  #: whether torch sees slices, named MIG-
        self.processes: list[int] = []
        self.asked: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("nvml"):
            if name in self.silent or (self.sliced and name in OF_WHOLE_GPUS):
                raise self.NVMLError(name)
            self.asked.append(name)
        return object.__getattribute__(self, name)

    def nvmlInit(self) -> None: ...

    def nvmlSystemGetDriverVersion(self) -> str:
        return "580.1"

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> int:
        if uuid.startswith("MIG-") != self.sliced:
            raise self.NVMLError("not found")
        return int(uuid.rpartition("-")[2])

    def nvmlDeviceGetClockInfo(self, handle: int, kind: int) -> float:
        return self._gpu.cards[handle].mhz

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle: int) -> int:
        return 0x40 if self._gpu.is_throttled() else 0

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: int) -> int:
        return 0x40 if self._gpu.is_throttled() else 0

    def nvmlDeviceGetComputeRunningProcesses(self, handle: int) -> list[SimpleNamespace]:
        return [SimpleNamespace(pid=pid, usedGpuMemory=0) for pid in self.processes]

    def nvmlDeviceGetEnforcedPowerLimit(self, handle: int) -> int:
        return 700_000

    def nvmlDeviceGetPersistenceMode(self, handle: int) -> int:
        return 1

    def nvmlDeviceGetMigMode(self, handle: int) -> tuple[int, int]:
        return (0, 0)
