"""A GPU as its driver sees it, asked in this process through NVML: clock and throttling, processes, limits.

The binding is the package nvidia-ml-py (module `pynvml`), which may be missing: without it, or without a driver, every
answer is None. A slice of a GPU (MIG) has no clock of its own; its processes are known. A query takes microseconds;
starting `nvidia-smi` would take a tenth of a second and more.
"""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from benchmarks.record.machine_facts import CudaSettings, GpuFacts

#: NVML's clock event reasons, from bit 0 up.
REASONS = (
    *("gpu_idle", "applications_clocks_setting", "sw_power_cap", "hw_slowdown", "sync_boost"),
    *("sw_thermal_slowdown", "hw_thermal_slowdown", "hw_power_brake_slowdown", "display_clock_setting"),
)
#: Reasons that slow a GPU down below its setting: times under them are not its own.
SLOWED = ("sw_power_cap", "hw_slowdown", "sw_thermal_slowdown", "hw_thermal_slowdown", "hw_power_brake_slowdown")


#: Variables that change what a GPU computes, or how fast; they are stored with a run.
ENVIRONMENT = (
    *("PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF", "CUDA_MODULE_LOADING", "CUDA_DEVICE_MAX_CONNECTIONS"),
    *("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "NVIDIA_TF32_OVERRIDE", "CUBLAS_WORKSPACE_CONFIG"),
    "TORCH_CUBLASLT_UNIFIED_WORKSPACE",
)
#: Variables under which no number would mean anything, and why. torch checks only whether the second is set
#: (c10/cuda/CUDACachingAllocator.cpp, `forceUncachedAllocator`).
UNMEASURABLE = {
    "CUDA_LAUNCH_BLOCKING": "each call waits for the GPU, so that launches would be timed, not ops",
    "PYTORCH_NO_CUDA_MEMORY_CACHING": "each tensor is allocated by the driver, and no bytes are counted",
}


#: This process's PID namespace, and the inode of the machine's own: PROC_PID_INIT_INO in Linux's
#: include/linux/proc_ns.h.
PID_NAMESPACE, HOSTS_PID_NAMESPACE = "/proc/self/ns/pid", "pid:[4026531836]"

#: After a query, none for this many times its duration: queries take at most five per cent of the time.
LOOK_REST = 20


class Monitor:
    """One GPU's driver. The GPU is found by its UUID: torch and the driver number GPUs differently."""

    def __init__(self, device: str, cuda: Any = torch.cuda, nvml: Any = None) -> None:
        self._nvml = nvml or _nvml()
        self._is_slice = False
        self._handle = self._find(device, cuda)
        self._seen: tuple[float | None, bool | None] = (None, None)
        self._rested_ns = 0

    def look(self, now_ns: Callable[[], int] = time.perf_counter_ns) -> tuple[float | None, bool | None]:
        """The SM clock in Hz, and whether the GPU is slowed down; None if unknown.

        The last answer is repeated while another query would take a noticeable share of the time: some drivers answer
        in microseconds, some in milliseconds.
        """
        began_ns = now_ns()
        if began_ns >= self._rested_ns:
            self._seen = self._ask_clock()
            ended_ns = now_ns()
            self._rested_ns = ended_ns + LOOK_REST * (ended_ns - began_ns)
        return self._seen

    def _ask_clock(self) -> tuple[float | None, bool | None]:
        clock_mhz = self._ask("nvmlDeviceGetClockInfo", getattr(self._nvml, "NVML_CLOCK_SM", 1))
        reasons = self.reasons()
        slowed = None if reasons is None else any(reason in SLOWED for reason in reasons)
        return None if clock_mhz is None else clock_mhz * 1e6, slowed

    def reasons(self) -> list[str] | None:
        """What limits the clock now, in NVML's words."""
        bits = self._ask("nvmlDeviceGetCurrentClocksEventReasons")
        if bits is None:
            bits = self._ask("nvmlDeviceGetCurrentClocksThrottleReasons")  # the name in older drivers
        return None if bits is None else [name for bit, name in enumerate(REASONS) if bits >> bit & 1]

    def power_limit_w(self) -> float | None:
        """The power in W above which the driver slows the GPU down."""
        limit_mw = self._ask("nvmlDeviceGetEnforcedPowerLimit")
        return None if limit_mw is None else limit_mw / 1e3

    def persistence(self) -> bool | None:
        """Whether the driver stays loaded while nobody uses the GPU."""
        return _flag(self._ask("nvmlDeviceGetPersistenceMode"))

    def is_sliced(self) -> bool | None:
        """Whether the GPU is divided into slices (MIG), or is a slice."""
        if self._is_slice:
            return True
        mode = self._ask("nvmlDeviceGetMigMode")
        return _flag(mode[0] if mode else None)

    def other_processes(self) -> int | None:
        """How many processes besides this one and its parent compute on the GPU; None if unknown.

        It is unknown in a container: there NVML lists the host's process numbers, this process's among them, or none at
        all (github.com/NVIDIA/nvidia-docker/issues/1483 and 179).
        """
        running = self._ask("nvmlDeviceGetComputeRunningProcesses")
        if running is None or not _in_hosts_pid_namespace():
            return None
        own = {os.getpid(), os.getppid()}
        return sum(each.pid not in own for each in running)

    def driver(self) -> str | None:
        """The driver's version."""
        return self._call("nvmlSystemGetDriverVersion")

    def _find(self, device: str, cuda: Any) -> Any:
        uuid = uuid_of(device, cuda)
        if self._nvml is None or uuid is None or self._call("nvmlInit", missing=False) is False:
            return None
        # torch writes a UUID without the prefix by which NVML distinguishes a slice from a GPU.
        for name in (uuid, f"MIG-{uuid.removeprefix('GPU-')}"):
            handle = self._call("nvmlDeviceGetHandleByUUID", name)
            if handle is not None:
                self._is_slice = name.startswith("MIG-")
                return handle
        return None

    def _ask(self, name: str, *arguments: Any) -> Any:
        return None if self._handle is None else self._call(name, self._handle, *arguments)

    def _call(self, name: str, *arguments: Any, missing: Any = None) -> Any:
        """NVML's answer; `missing` if NVML, this driver or this GPU does not support the query."""
        if self._nvml is None:
            return missing
        try:
            return getattr(self._nvml, name)(*arguments)
        except (self._nvml.NVMLError, AttributeError):
            return missing


def uuid_of(device: str, cuda: Any = torch.cuda) -> str | None:
    """The UUID of a device's GPU, whatever its number in this process; None if torch does not give it."""
    uuid = getattr(cuda.get_device_properties(device), "uuid", None)
    if uuid is None:
        return None
    return str(uuid) if str(uuid).startswith(("GPU-", "MIG-")) else f"GPU-{uuid}"


def gpu_facts(cuda: Any = torch.cuda, nvml: Any = None) -> list[GpuFacts]:
    """What is stored of each GPU that torch sees; None for what cannot be found out."""
    found: list[GpuFacts] = []
    for index in range(cuda.device_count()):
        properties, monitor = cuda.get_device_properties(index), Monitor(f"cuda:{index}", cuda, nvml)
        found.append(
            {
                "name": properties.name,
                "driver": monitor.driver(),
                "memory_bytes": properties.total_memory,
                "compute_capability": f"{properties.major}.{properties.minor}",
                "l2_cache_bytes": getattr(properties, "L2_cache_size", None),
                "power_limit_w": monitor.power_limit_w(),
                "persistence": monitor.persistence(),
                "mig": monitor.is_sliced(),
                "other_processes": monitor.other_processes(),
            }
        )
    return found


def cuda_settings(cuda: Any = torch.cuda) -> CudaSettings | None:
    """Settings for how CUDA ops compute and allocate in this process; None without a GPU."""
    if not cuda.is_available():
        return None
    return {
        "matmul_tf32": _tf32(torch.backends.cuda.matmul, torch.backends.cuda.matmul),
        "cudnn_tf32": _tf32(getattr(torch.backends.cudnn, "conv", None), torch.backends.cudnn),
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "cudnn_version": torch.backends.cudnn.version(),
        "allocator": cuda.get_allocator_backend(),
        "environment": {name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
    }


def unmeasurable(environment: Mapping[str, str]) -> str | None:
    """One line on a setting under which nothing can be measured on a GPU; None if there is no such setting."""
    for name, why in UNMEASURABLE.items():
        off = (None,) if name == "PYTORCH_NO_CUDA_MEMORY_CACHING" else (None, "", "0")
        if environment.get(name) not in off:
            return f"{name}={environment[name]}: {why}; unset it"
    return None


def _tf32(new: Any, old: Any) -> bool:
    """Whether TF32 may be used. From torch 2.9 on the old flag raises if the new one was set."""
    precision = getattr(new, "fp32_precision", None)
    return old.allow_tf32 if precision is None else precision == "tf32"


def _in_hosts_pid_namespace() -> bool:
    """Whether this process is in the machine's own PID namespace, and not in a container's."""
    try:
        return str(Path(PID_NAMESPACE).readlink()) == HOSTS_PID_NAMESPACE
    except OSError:  # not Linux, or a sandbox
        return False


def _nvml() -> ModuleType | None:
    try:
        import pynvml  # pyright: ignore[reportMissingImports]  # optional: only useful with a GPU
    except ImportError:
        return None
    return pynvml


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)
