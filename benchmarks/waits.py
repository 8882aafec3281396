"""Waiting for a process up to a limit, and ending it. Standard library only: commands load it early."""

import math
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol


class WatchedProcess(Protocol):
    """What is asked of a process that is watched: a `subprocess.Popen`, or a fork."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None:
        """The exit status, or minus the signal that ended it; None while it runs."""
        ...

    def wait(self, timeout: float) -> int:
        """The same when it has ended; `subprocess.TimeoutExpired` after so many seconds."""
        ...


class StoppableProcess(WatchedProcess, Protocol):
    """One that can also be asked to end."""

    def terminate(self) -> None:
        """Send it SIGTERM."""
        ...


def short_waits(limit_s: float) -> Iterator[float]:
    """Waits that add up to `limit_s` seconds.

    Waits are counted instead of asking the clock: time in which this process was stopped too (SIGSTOP, a frozen
    container, a suspended machine) uses up one wait at most, and does not make the other process look hung.
    """
    count = max(10, math.ceil(limit_s))
    yield from [limit_s / count] * count


def status_within(process: WatchedProcess, limit_s: float) -> int | None:
    """The exit status of a process, or minus the signal that ended it; None if it did not end in `limit_s`."""
    import subprocess  # takes as long to load as all of `entry`; whoever passes a process has loaded it

    for wait_s in short_waits(limit_s):
        with suppress(subprocess.TimeoutExpired):
            return process.wait(wait_s)
    return None


def status_when_asked(process: StoppableProcess, limit_s: float) -> int | None:
    """Ask a process to store its state and end (SIGTERM). Return its exit status; None if it does not end in time."""
    process.terminate()
    return status_within(process, limit_s)
