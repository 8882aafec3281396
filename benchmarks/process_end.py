"""How a process ends that is watched: its last bytes, its limit in time, its group with it, and its cause in words."""

import os
import selectors
import signal
import subprocess
from contextlib import suppress

from benchmarks.waits import WatchedProcess, short_waits

#: How long a killed process may take to end, in seconds.
KILLED_LIMIT_S = 60


class Hung(RuntimeError):
    """A process sent no event, or did not end, in time; the message is one sentence."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"no end after {limit_s:g} s, stopped")


def read_within(pipe: int, process: WatchedProcess, limit_s: float) -> bytes:
    """The next bytes that a process wrote to a pipe; b"" if it ended or closed it. Raises Hung after `limit_s`."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        for wait_s in short_waits(limit_s):
            # Ask before reading, so that the last bytes are read. A process that it started may keep the pipe open.
            ended = process.poll() is not None
            if selector.select(0 if ended else wait_s):
                return os.read(pipe, 65536)
            if ended:
                return b""
    raise Hung(limit_s)


def end_group(process: WatchedProcess) -> None:
    """Kill a process that leads a group, and all of its group: compilers end with it."""
    with suppress(ProcessLookupError, PermissionError):  # the group has ended by itself; macOS: a zombie
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):  # a hung driver releases no process, killed or not
        process.wait(KILLED_LIMIT_S)


def cause_of_end(status: int, printed: str = "", for_memory: bool | None = None) -> str:
    """How a process ended, in one sentence, from its exit status and the last line of its output.

    `for_memory`: whether the kernel sent a SIGKILL for lack of memory; None if unknown.
    """
    if status >= 0:
        how = f"ended with exit status {status}"
    else:
        try:
            name = signal.Signals(-status).name
        except ValueError:  # a real-time signal, which has only a number
            name = f"signal {-status}"
        how = f"was ended by {name}"
        if name == "SIGKILL" and for_memory is not False:
            how += f" ({'' if for_memory else 'perhaps '}the kernel's out-of-memory killer)"
    last = printed.splitlines()[-1:]
    return f"its process {how}" + (f": {last[0][:300]}" if last else "")
