"""Find and end the processes that an ended process left running, even outside its group and its session."""

import ctypes
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

_PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 36, 37  # linux/prctl.h

#: How long killed orphans may take to end, in seconds: another user's process (sudo) cannot be killed.
_LIMIT_S = 10


@contextmanager
def orphans_ended() -> Iterator[None]:
    """End the processes that children of this process, started before, leave running inside the `with` block.

    Linux gives the children of an ended process to the nearest ancestor that asks for them, as this one does here;
    without that they go to init and cannot be found. On other systems nothing is handed over, and nothing is ended.
    """
    before, adopted = _children(), _adopts()
    _adopt(True)
    try:
        yield
    finally:
        _end_all_but(before)
        _adopt(adopted)


def _end_all_but(before: set[psutil.Process]) -> None:
    """Repeat until none is left: when an orphan ends, this process inherits its children."""
    ends = time.monotonic() + _LIMIT_S
    while (orphans := _children() - before) and time.monotonic() < ends:
        for orphan in orphans:
            with suppress(psutil.Error):
                orphan.kill()
        psutil.wait_procs(orphans, timeout=1)


def _children() -> set[psutil.Process]:
    return set(psutil.Process().children())


def _adopts() -> bool:
    asked = ctypes.c_int(0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(asked))
    return bool(asked.value)


def _adopt(whether: bool) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(whether))
