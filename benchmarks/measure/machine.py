"""The machine: facts stored with a run, and what disturbed a case. What cannot be found out is None, not an error."""

import contextlib
import os
import platform
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import cpuinfo
import psutil
import torch

from benchmarks.record.machine_facts import CudaSettings, Gpu, MachineFacts, Malloc

SHORTEST_S = 0.05  #: below it the kernel's CPU counters (10 ms steps) say nothing

_SUITE = Path(__file__).resolve().parents[1]
_CPU = Path("/sys/devices/system/cpu/cpu0")
_BUSY = ("user", "nice", "system", "irq", "softirq", "steal")  # guest time is part of user time
#: NVML's clock event reasons, from bit 0 up.
_THROTTLE_REASONS = (
    *("gpu_idle", "applications_clocks_setting", "sw_power_cap", "hw_slowdown", "sync_boost"),
    *("sw_thermal_slowdown", "hw_thermal_slowdown", "hw_power_brake_slowdown", "display_clock_setting"),
)


def machine_facts(host: str | None = None) -> MachineFacts:
    """The facts of `run.json["machine"]`; `host` replaces the machine's own name."""
    return {
        "host": host or platform.node() or None,
        "system": platform.platform(),
        "cpu_model": cpuinfo.get_cpu_info().get("brand_raw") or platform.processor() or None,
        "cores_physical": psutil.cpu_count(logical=False),
        "cores_logical": psutil.cpu_count(),
        "caches": _caches(),
        "memory_bytes": psutil.virtual_memory().total,
        "malloc": _malloc(),
        "transparent_huge_pages": _in_brackets(_read(Path("/sys/kernel/mm/transparent_hugepage/enabled"))),
        "governor": _read(_CPU / "cpufreq/scaling_governor"),
        "gpus": _gpus(),
        "threads": torch.get_num_threads(),
        "torch_version": str(torch.__version__),
        "torch_build": torch.version.git_version,
        "torch_cuda": torch.version.cuda,
        "cuda_settings": _cuda_settings(),
        "python_version": platform.python_version(),
        "git_commit": _git_commit(),
    }


class Interference:
    """What disturbed a case: made before it, finished after it."""

    def __init__(self, device: str = "cpu") -> None:
        self._device = device
        self._start = self._now()

    def finish(self) -> tuple[float | None, float | None]:
        """Other processes' share of all cores' time since the start (steal included), and the clock in Hz now.

        The share is None for an interval under SHORTEST_S. Source: psutil.cpu_times less this process's own time,
        children not counted as own; the kernel's 10 ms steps make it uncertain by about 0.01 s / interval.
        """
        elapsed_s, busy_s, own_s = (now - then for now, then in zip(self._now(), self._start, strict=True))
        clock, cores = clock_hz(self._device), psutil.cpu_count()
        if elapsed_s < SHORTEST_S or not cores:
            return None, clock
        return min(1.0, max(0.0, (busy_s - own_s) / (elapsed_s * cores))), clock

    @staticmethod
    def _now() -> tuple[float, float, float]:
        """Seconds on the clock, of CPU time used on the machine, of CPU time used by this process's threads."""
        times = psutil.cpu_times()
        busy_s = sum(getattr(times, name, 0.0) for name in _BUSY)
        return time.perf_counter(), busy_s, time.process_time()


def clock_hz(device: str = "cpu") -> float | None:
    """The clock now: mean over the CPU's cores, or the GPU's SM clock."""
    if device != "cpu":
        return (gpu_state(device) or {}).get("clock_hz")
    try:
        frequency = psutil.cpu_freq()
    except (AttributeError, OSError, NotImplementedError, RuntimeError):  # each of them on some platform
        return None
    return frequency.current * 1e6 if frequency and frequency.current else None


def gpu_state(device: str = "cuda:0") -> dict | None:
    """SM clock, throttle reasons and utilisation of a GPU now; None without nvidia-smi."""
    for reasons in ("clocks_event_reasons.active", "clocks_throttle_reasons.active"):  # new name, old name
        fields = _nvidia_smi(f"clocks.sm,{reasons},utilization.gpu", device)
        if fields is not None and len(fields) == 3:
            break
    else:
        return None
    clock, utilisation = (float(f) if re.fullmatch(r"[\d.]+", f) else None for f in (fields[0], fields[2]))
    bits = int(fields[1], 16) if re.fullmatch(r"0[xX][0-9a-fA-F]+", fields[1]) else None
    active = None if bits is None else [name for bit, name in enumerate(_THROTTLE_REASONS) if bits >> bit & 1]
    return {
        "clock_hz": None if clock is None else clock * 1e6,
        "throttle_reasons": active,
        "utilisation_ratio": None if utilisation is None else utilisation / 100,
    }


def _nvidia_smi(query: str, device: str) -> list[str] | None:
    """One row of nvidia-smi for a torch device, found by its UUID: the two number GPUs differently."""
    if not torch.cuda.is_available():
        return None
    uuid = getattr(torch.cuda.get_device_properties(device), "uuid", None)
    which = f"GPU-{uuid}" if uuid else str(torch.device(device).index or 0)
    row = _output("nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader,nounits", "-i", which)
    return [cell.strip() for cell in row.split(",")] if row else None


def _gpus() -> list[Gpu]:
    return [
        {
            "name": properties.name,
            "driver": (_nvidia_smi("driver_version", f"cuda:{index}") or [None])[0],
            "memory_bytes": properties.total_memory,
            "compute_capability": f"{properties.major}.{properties.minor}",
        }
        for index, properties in enumerate(map(torch.cuda.get_device_properties, range(torch.cuda.device_count())))
    ]


def _cuda_settings() -> CudaSettings | None:
    if not torch.cuda.is_available():
        return None
    return {
        "matmul_tf32": _tf32(torch.backends.cuda.matmul, torch.backends.cuda.matmul),
        "cudnn_tf32": _tf32(getattr(torch.backends.cudnn, "conv", None), torch.backends.cudnn),
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "cudnn_version": torch.backends.cudnn.version(),
        "allocator": torch.cuda.get_allocator_backend(),
    }


def _tf32(new: Any, old: Any) -> bool:
    """Whether TF32 may be used. From torch 2.9 on the old flag raises where somebody set the new one."""
    precision = getattr(new, "fp32_precision", None)
    return old.allow_tf32 if precision is None else precision == "tf32"


def _caches() -> dict[str, int | None]:
    """Bytes of one instance of each level. Linux: /sys; macOS: sysctl."""
    sizes: dict[str, int | None] = dict.fromkeys(("L1d", "L2", "L3"))
    for index in sorted(_CPU.glob("cache/index*")):
        level, kind, size = (_read(index / name) for name in ("level", "type", "size"))
        name = "L1d" if level == "1" else f"L{level}"
        if kind != "Instruction" and name in sizes and size and size.endswith("K"):
            sizes[name] = int(size[:-1]) * 1024
    if platform.system() == "Darwin":
        for name, key in (("L1d", "hw.l1dcachesize"), ("L2", "hw.l2cachesize"), ("L3", "hw.l3cachesize")):
            size = _output("sysctl", "-n", key)
            sizes[name] = int(size) if size and size.isdecimal() and int(size) else None
    return sizes


def _malloc() -> Malloc:
    """The heap: libc, the environment that tunes it, and what is preloaded, by file name alone."""
    preloaded = os.environ.get("LD_PRELOAD") or os.environ.get("DYLD_INSERT_LIBRARIES") or ""
    return {
        "libc": " ".join(platform.libc_ver()).strip() or None,
        "environment": {n: v for n, v in sorted(os.environ.items()) if n.startswith(("MALLOC_", "GLIBC_TUNABLES"))},
        "preload": [Path(name).name for name in re.split(r"[ :]+", preloaded) if name],
    }


def _git_commit() -> str | None:
    """The commit of this suite, `+dirty` behind it where its code differs; None where it is not under git."""
    git = ("git", "-C", str(_SUITE))
    if _output(*git, "ls-files", "--error-unmatch", __file__) is None:
        return None
    commit = _output(*git, "rev-parse", "HEAD")
    return f"{commit}+dirty" if commit and _output(*git, "status", "--porcelain", ".") else commit


def _in_brackets(choices: str | None) -> str | None:
    """The one in brackets: `always [madvise] never`."""
    found = re.search(r"\[(\w+)\]", choices or "")
    return found[1] if found else None


def _read(path: Path) -> str | None:
    with contextlib.suppress(OSError):
        return path.read_text().strip()
    return None


def _output(*command: str) -> str | None:
    """What a command prints; None where it is not there or fails. Empty output is an answer."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
