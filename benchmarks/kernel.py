"""What a process asks of the Linux kernel about itself and its parent; elsewhere nothing is asked. Standard library."""

import ctypes
import signal
import sys
from contextlib import suppress
from pathlib import Path

#: linux/prctl.h
_SET_DEATH_SIGNAL, _SET_ADOPTS, _GET_ADOPTS = 1, 36, 37

#: The values of `set_memory_kill` for the first process that is killed, and for one as any other.
KILLED_FIRST, AS_OTHERS = 1000, 0


def end_with_parent(number: int = signal.SIGKILL) -> None:
    """Let the kernel send this process a signal when its parent ends. It outlives `execv`; a fork does not inherit it.

    The parent may have ended before: compare `os.getppid()` with its number afterwards.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, number)


def set_memory_kill(score: int) -> None:
    """Set how likely the kernel kills this process if memory runs out: KILLED_FIRST or AS_OTHERS; may need rights."""
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(str(score))


def adopt_orphans(whether: bool) -> None:
    """Let the kernel make this process the parent of its descendants whose own parent ended, or not any more."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_ADOPTS, int(whether))


def adopts_orphans() -> bool:
    """Whether this process is the parent of its descendants whose own parent ended."""
    asked = ctypes.c_int(0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_GET_ADOPTS, ctypes.byref(asked))
    return bool(asked.value)
