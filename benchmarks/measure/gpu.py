"""A GPU as its driver sees it, asked in this process through NVML: clock and throttling, processes, limits.

The binding is the package nvidia-ml-py (module `pynvml`), which not every machine has: without it, without a driver,
or for a slice of a GPU (MIG), which has no clock of its own, every answer is None. A query takes some microseconds;
starting `nvidia-smi` for it would take a tenth of a second and more.
"""

import os
from types import ModuleType
from typing import Any

import torch

#: NVML's clock event reasons, from bit 0 up.
REASONS = (
    *("gpu_idle", "applications_clocks_setting", "sw_power_cap", "hw_slowdown", "sync_boost"),
    *("sw_thermal_slowdown", "hw_thermal_slowdown", "hw_power_brake_slowdown", "display_clock_setting"),
)
#: Of these, what slows a GPU down below what it was set to: times under them are not its own.
SLOWED = ("sw_power_cap", "hw_slowdown", "sw_thermal_slowdown", "hw_thermal_slowdown", "hw_power_brake_slowdown")


class Monitor:
    """One GPU's driver. The GPU is found by its UUID: torch and the driver number GPUs differently."""

    def __init__(self, device: str, cuda: Any = torch.cuda, nvml: Any = None) -> None:
        self._nvml = nvml or _nvml()
        self._handle = self._find(device, cuda)

    def look(self) -> tuple[float | None, bool]:
        """The SM clock in Hz now, and whether the GPU is slowed down now."""
        clock_mhz = self._ask("nvmlDeviceGetClockInfo", getattr(self._nvml, "NVML_CLOCK_SM", 1))
        reasons = self.reasons()
        return None if clock_mhz is None else clock_mhz * 1e6, any(reason in SLOWED for reason in reasons or ())

    def reasons(self) -> list[str] | None:
        """What decides the clock now, in NVML's words."""
        bits = self._ask("nvmlDeviceGetCurrentClocksEventReasons")
        if bits is None:
            bits = self._ask("nvmlDeviceGetCurrentClocksThrottleReasons")  # the name in older drivers
        return None if bits is None else [name for bit, name in enumerate(REASONS) if bits >> bit & 1]

    def facts(self) -> dict[str, Any]:
        """What is stored of a GPU with a run: power limit in W, persistence and MIG mode, other processes' ids."""
        limit_mw = self._ask("nvmlDeviceGetEnforcedPowerLimit")
        mig = self._ask("nvmlDeviceGetMigMode")
        return {
            "power_limit_w": None if limit_mw is None else limit_mw / 1e3,
            "persistence": _flag(self._ask("nvmlDeviceGetPersistenceMode")),
            "mig": _flag(mig[0] if mig else None),
            "other_processes": self.other_processes(),
        }

    def other_processes(self) -> int | None:
        """How many processes beside this one and its parent compute on the GPU."""
        running = self._ask("nvmlDeviceGetComputeRunningProcesses")
        own = {os.getpid(), os.getppid()}
        return None if running is None else sum(each.pid not in own for each in running)

    def driver(self) -> str | None:
        """The driver's version."""
        return self._call("nvmlSystemGetDriverVersion")

    def _find(self, device: str, cuda: Any) -> Any:
        uuid = getattr(cuda.get_device_properties(device), "uuid", None)
        if self._nvml is None or uuid is None or self._call("nvmlInit", missing=False) is False:
            return None
        name = str(uuid)
        return self._call("nvmlDeviceGetHandleByUUID", name if name.startswith(("GPU-", "MIG-")) else f"GPU-{name}")

    def _ask(self, name: str, *arguments: Any) -> Any:
        return None if self._handle is None else self._call(name, self._handle, *arguments)

    def _call(self, name: str, *arguments: Any, missing: Any = None) -> Any:
        """What NVML answers; `missing` where it, this driver or this GPU does not know the question."""
        if self._nvml is None:
            return missing
        try:
            return getattr(self._nvml, name)(*arguments)
        except (self._nvml.NVMLError, AttributeError):
            return missing


def _nvml() -> ModuleType | None:
    try:
        import pynvml  # pyright: ignore[reportMissingImports]  # optional: of use on a machine with a GPU alone
    except ImportError:
        return None
    return pynvml


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)
