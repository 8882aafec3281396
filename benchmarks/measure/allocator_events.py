"""The events of a CPU's allocator, as torch's profiler records them: every block, when it was made and let go."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.autograd.profiler import profile

from benchmarks.temporary import names_folder, temporary_file

_CHATTER = (b"USDT:", b"STAGE:")  # begins what the profiler's library prints, whatever its log level


class AllocatorEvents:
    """`changes`: time in ns and signed bytes of each block, in order. `spans`: start and end in ns of
    each `record_function` of these `names`, the last of a name. Both are there once `counted()` has ended.
    """

    def __init__(self, *names: str) -> None:
        self._names = names
        self.changes: list[tuple[int, int]] = []
        self.spans: dict[str, tuple[int, int]] = {}
        self.results: Any = None  #: the profiler's own, for what else it tells of each block

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Record meanwhile. No free is seen of a block that was not seen made."""
        profiler = _start()
        try:
            yield
        finally:
            _stop(profiler)
        assert profiler.kineto_results is not None  # made as it was stopped
        self.results = profiler.kineto_results
        cpu = torch.autograd.DeviceType.CPU  # pyright: ignore[reportPrivateImportUsage]  # of the C library, no stub
        event: Any  # of the C library, whose stub lacks a part
        for event in profiler.kineto_results.events():
            if event.name() == "[memory]":
                if event.device_type() == cpu:
                    self.changes.append((event.start_ns(), event.nbytes()))
            elif event.name() in self._names:
                self.spans[event.name()] = event.start_ns(), event.start_ns() + event.duration_ns()
        self.changes.sort(key=lambda change: change[0])


def profiled_span(name: str) -> Any:
    """A context that the profiler shows by this name; it dispatches nothing, as `record_function` does."""
    internals: Any = torch._C
    return internals._profiler._RecordFunctionFast(name)


def peak_bytes_of(run: Callable[[], object], device: str = "cpu") -> int:
    """The highest number of live bytes while `run` runs, beyond what was there before; what it raises is raised."""
    if torch.device(device).type == "cuda":
        before = torch.cuda.memory_stats(device).get("requested_bytes.all.current", 0)
        torch.cuda.reset_peak_memory_stats(device)
        run()
        return torch.cuda.memory_stats(device)["requested_bytes.all.peak"] - before
    events = AllocatorEvents()
    with events.counted():
        run()
    live = highest = 0
    for _, nbytes in events.changes:
        live += nbytes
        highest = max(highest, live)
    return highest


def _start() -> profile:
    """Not torch.profiler's, which is this one, and loads torch's compiler first: three seconds of every such pass."""
    profiler = profile(use_kineto=True, profile_memory=True)
    with _without_chatter():
        profiler.__enter__()
    return profiler


def _stop(profiler: profile) -> None:
    with _without_chatter():
        profiler.__exit__(None, None, None)


@contextlib.contextmanager
def _without_chatter() -> Iterator[None]:
    """Keep the profiler's own lines off standard error; whatever else is written there meanwhile is passed on."""
    sys.stderr.flush()
    saved = os.dup(2)
    with temporary_file() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            caught.seek(0)
            for line in caught:
                if not line.startswith(_CHATTER):
                    with names_folder():  # of a pass, whose output lies there
                        os.write(2, line)
