"""What a pass tells the supervisor that started it: one JSON object a line through a pipe.

`plan` (cases selected, left to do), `start` (a case), `done` (a case, its log speedup), `error` (a user's error).
"""

import ctypes
import json
import os
import signal
import sys
from dataclasses import asdict

from benchmarks.record import Case

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class SupervisorGone(RuntimeError):
    """The supervisor was killed: a pass does not outlive it by more than the case in flight."""


class Events:
    """The writing end; without a pipe (a pass started by hand) it says nothing."""

    def __init__(self, handle: int | None) -> None:
        self._handle = handle
        if handle is not None and sys.platform == "linux":
            # A pass that hangs never gets to its next event: let the kernel end it with its supervisor.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def send(self, event: str, **facts: object) -> None:
        """Send one event. SupervisorGone where nobody reads any more."""
        if self._handle is None:
            return
        try:
            os.write(self._handle, (json.dumps({"event": event, **facts}) + "\n").encode())
        except OSError as error:
            raise SupervisorGone from error


def case_of(row: dict) -> Case:
    """The case of a `start` event."""
    return Case(**{**row, "shape": tuple(row["shape"])})


def row_of(case: Case) -> dict:
    """A case as an event carries it."""
    return asdict(case)
