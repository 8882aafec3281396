"""A limit on memory while a scenario is measured: what does not fit becomes an error, and so a row, not a kill."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from benchmarks.record import Case

#: Of what is free, what a case may take: the rest is for the system and for what else goes on.
SHARE = 0.9


@contextmanager
def within_memory(case: Case) -> Iterator[None]:
    """Let this process's data grow by what is free and no more, so that a model too large raises where it asks.

    Linux grants memory that it does not have and kills whoever touches it. An op's case says beforehand what it needs;
    a scenario's cannot. RLIMIT_DATA counts private memory (since Linux 4.7), not what CUDA reserves; elsewhere, and on
    a GPU, which refuses by itself, there is no limit.
    """
    if not case.scale or case.device != "cpu" or sys.platform != "linux":
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_DATA)
    most = psutil.Process().memory_info().data + int(SHARE * psutil.virtual_memory().available)
    hard = before[1]
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
