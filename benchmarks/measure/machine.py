"""The machine: facts stored with a run, and what disturbed a case. A fact that cannot be found out is None."""

import contextlib
import os
import platform
import re
import subprocess
import time
from collections import deque
from pathlib import Path

import psutil
import torch

from benchmarks.measure.gpu import cuda_settings, gpu_facts
from benchmarks.record.machine_facts import MachineFacts, Malloc

try:
    import cpuinfo
except ImportError:  # the advisor runs in environments that lack it
    cpuinfo = None

SHORTEST_S = 0.05  #: for shorter times the kernel's CPU counters (10 ms steps) mean nothing

_SUITE = Path(__file__).resolve().parents[1]
_CPU = Path("/sys/devices/system/cpu/cpu0")
_BUSY = ("user", "nice", "system", "irq", "softirq", "steal")  # guest time is part of user time


def own_host_name() -> str:
    """The machine's own name, without its domain."""
    return platform.node().split(".")[0] or "host"


def machine_facts(host: str | None = None) -> MachineFacts:
    """The facts of `run.json["machine"]`; `host` replaces the machine's own name."""
    return {
        "host": host or platform.node() or None,
        "system": platform.platform(),
        "cpu_model": (cpuinfo.get_cpu_info().get("brand_raw") if cpuinfo else None) or platform.processor() or None,
        "cores_physical": psutil.cpu_count(logical=False),
        "cores_logical": psutil.cpu_count(),
        "caches": _caches(),
        "memory_bytes": psutil.virtual_memory().total,
        "malloc": _malloc(),
        "transparent_huge_pages": _in_brackets(_read(Path("/sys/kernel/mm/transparent_hugepage/enabled"))),
        "governor": _read(_CPU / "cpufreq/scaling_governor"),
        "gpus": gpu_facts(),
        "threads": torch.get_num_threads(),
        "torch_version": str(torch.__version__),
        "torch_build": torch.version.git_version,
        "torch_cuda": torch.version.cuda,
        "cuda_settings": cuda_settings(),
        "python_version": platform.python_version(),
        "git_commit": _git_commit(),
    }


class Interference:
    """What other processes took of the machine during a case, the cases of a process one after the other."""

    def __init__(self) -> None:
        self._starts: deque[tuple[float, float, float]] = deque(maxlen=2)

    def begin(self) -> None:
        """A case begins."""
        self._starts.append(self._now())

    def finish(self) -> float | None:
        """Other processes' share of all cores' time since the case began, steal included.

        If that is less than SHORTEST_S ago, since the case before it began; None where that is too short as well.
        Source: psutil.cpu_times minus this process's own time; its children count as others. The kernel's 10 ms steps
        make it uncertain by about 0.01 s / interval.
        """
        ended, cores = self._now(), psutil.cpu_count()
        for began in reversed(self._starts):
            elapsed_s, busy_s, own_s = (now - then for now, then in zip(ended, began, strict=True))
            if elapsed_s >= SHORTEST_S and cores:
                return min(1.0, max(0.0, (busy_s - own_s) / (elapsed_s * cores)))
        return None

    @staticmethod
    def _now() -> tuple[float, float, float]:
        """Seconds: of the clock, of CPU time used on the machine, of CPU time used by this process's threads."""
        times = psutil.cpu_times()
        busy_s = sum(getattr(times, name, 0.0) for name in _BUSY)
        return time.perf_counter(), busy_s, time.process_time()


def cpu_clock_hz() -> float | None:
    """The clock now: the mean over the CPU's cores, in Hz."""
    try:
        frequency = psutil.cpu_freq()
    except (AttributeError, OSError, NotImplementedError, RuntimeError):  # each of them on some platform
        return None
    return frequency.current * 1e6 if frequency and frequency.current else None


def _caches() -> dict[str, int | None]:
    """Bytes of one instance of each cache level. Linux: /sys; macOS: sysctl."""
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
    """The heap: libc, the variables that tune it, and the file names of preloaded libraries."""
    preloaded = os.environ.get("LD_PRELOAD") or os.environ.get("DYLD_INSERT_LIBRARIES") or ""
    return {
        "libc": " ".join(platform.libc_ver()).strip() or None,
        "environment": {n: v for n, v in sorted(os.environ.items()) if n.startswith(("MALLOC_", "GLIBC_TUNABLES"))},
        "preload": [Path(name).name for name in re.split(r"[ :]+", preloaded) if name],
    }


def _git_commit() -> str | None:
    """The commit of this suite, with `+dirty` if its code differs; None if it is not under git."""
    git = ("git", "-C", str(_SUITE))
    if _output(*git, "ls-files", "--error-unmatch", __file__) is None:
        return None
    commit = _output(*git, "rev-parse", "HEAD")
    return f"{commit}+dirty" if commit and _output(*git, "status", "--porcelain", ".") else commit


def _in_brackets(choices: str | None) -> str | None:
    """The word in brackets: `always [madvise] never`."""
    found = re.search(r"\[(\w+)\]", choices or "")
    return found[1] if found else None


def _read(path: Path) -> str | None:
    with contextlib.suppress(OSError):
        return path.read_text().strip()
    return None


def _output(*command: str) -> str | None:
    """What a command prints; None if it is missing or fails. Empty output is an answer."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
