"""Find and end the processes that an ended process left running, even outside its group and its session."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from benchmarks.kernel import adopt_orphans, adopts_orphans

#: How long killed orphans may take to end, in seconds: another user's process (sudo) cannot be killed.
_LIMIT_S = 10


@contextmanager
def orphans_ended() -> Iterator[None]:
    """End the processes that children of this process, started before, leave running inside the `with` block.

    Linux gives the children of an ended process to the nearest ancestor that asks for them, as this one does here;
    without that they go to init and cannot be found. On other systems nothing is handed over, and nothing is ended.
    """
    before, adopted = _children(), adopts_orphans()
    adopt_orphans(True)
    try:
        yield
    finally:
        _end_all_but(before)
        adopt_orphans(adopted)


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
