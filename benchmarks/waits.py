"""Waiting for another process up to a limit. Standard library only: commands load it before all that takes long."""

import math
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess


def short_waits(limit_s: float) -> Iterator[float]:
    """Waits that add up to a limit, in seconds.

    They are counted, and the clock is not asked: time in which this process was stopped as well (SIGSTOP, a frozen
    container, a suspended machine) is one of them at most, and so no hang of the other.
    """
    count = max(10, math.ceil(limit_s))
    yield from [limit_s / count] * count


def status_within(process: "subprocess.Popen", limit_s: float) -> int | None:
    """The exit status of a process, or minus the signal that ended it; None where it did not end in `limit_s`."""
    import subprocess  # takes as long to load as all of `entry`, and who has a process has it loaded

    for wait_s in short_waits(limit_s):
        with suppress(subprocess.TimeoutExpired):
            return process.wait(wait_s)
    return None
