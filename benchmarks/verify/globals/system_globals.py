"""Globals that the kernel keeps for this process: where it may run, its limits, its signals. A reader per global."""

import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Variables that torch's compiler, and torch for CUDA, set at their first use, and that pytest sets at each test.
_NOT_OF_A_CASE = ("TORCHINDUCTOR_", "_TORCHINDUCTOR_", "TRITON_", "CUDA_MODULE_LOADING", "PYTEST_CURRENT_TEST")
_LIMITS = {name: number for name, number in vars(resource).items() if name.startswith("RLIMIT_")}
_SIGNALS = {number.name: int(number) for number in signal.Signals}
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_STREAMS = (0, 1, 2)


def _handlers() -> dict[str, Any]:
    return {name: signal.getsignal(number) for name, number in _SIGNALS.items()}


def _streams() -> dict[int, Any]:
    """Return device and inode of the file of each standard stream; None for a closed one."""
    return {number: _file(number) for number in _STREAMS}


def _file(number: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(number)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _children() -> int:
    """Return how many child processes run, or ended without a wait. Systems that do not list them give 1 or 0."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except (ChildProcessError, AttributeError):  # no children; or no system call that asks without waiting
        return 0
    listed = Path("/proc/thread-self/children")
    return len(listed.read_text().split()) if listed.exists() else 1


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OF_A_CASE)}


def _umask() -> int:
    """Return the umask. It can only be read by setting it."""
    before = os.umask(0o077)
    os.umask(before)
    return before


def _linux(name: str, *arguments: object) -> Callable[[], Any]:
    read = getattr(os, name, None)
    return (lambda: read(*arguments)) if read else (lambda: None)


SYSTEM: dict[str, Callable[[], Any]] = {
    "working folder": os.getcwd,
    "environment": _environment,
    "umask": _umask,
    "user": lambda: (os.geteuid(), os.getegid()),
    "CPU affinity": _linux("sched_getaffinity", 0),
    "scheduling policy": _linux("sched_getscheduler", 0),
    "nice value": lambda: os.getpriority(os.PRIO_PROCESS, 0),
    "resource limits": lambda: {name: resource.getrlimit(number) for name, number in _LIMITS.items()},
    "signal handlers": _handlers,
    "blocked signals": lambda: signal.pthread_sigmask(signal.SIG_BLOCK, ()),
    "timers": lambda: [signal.getitimer(number)[0] > 0 for number in _TIMERS],
    "standard streams": _streams,
    "child processes": _children,
}
