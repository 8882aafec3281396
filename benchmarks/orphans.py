"""What a process leaves running as it ends: found though it left its group and its session, and ended."""

import ctypes
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

_PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 36, 37  # linux/prctl.h

#: What orphans may take to end once they were killed: another user's, such as sudo's, cannot be.
_LIMIT_S = 10


@contextmanager
def orphans_ended() -> Iterator[None]:
    """End what the children of this process, started before, leave running within.

    Linux hands a process whose parent has ended to the nearest ancestor that asks for it, as this one does here: it
    would be init's else, and nobody's to find. Elsewhere nothing is handed over, and so nothing ended.
    """
    before, adopted = _children(), _adopts()
    _adopt(True)
    try:
        yield
    finally:
        _end_all_but(before)
        _adopt(adopted)


def _end_all_but(before: set[psutil.Process]) -> None:
    """Again and again: what orphans started becomes this process's as they end."""
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
