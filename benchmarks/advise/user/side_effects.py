"""Note what the steps do besides computing: files that they write, connections, processes and threads."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

import torch

from benchmarks.advise.user.scratch import writes

#: Folders in which a write leaves no file behind.
_NOWHERE = ("/dev/", "/proc/")

_FORKS = ("os.fork", "os.forkpty")
#: The names of processes that have none: a process of `multiprocessing`, as a data loader starts, and any other fork.
WORKER, FORK = "a worker of multiprocessing", "a fork"


@dataclass
class SideEffects:
    """The side effects that were seen."""

    files: list[str] = field(default_factory=list)  #: the real paths of files that were written and still exist
    threads: list[str] = field(default_factory=list)  #: the names of threads that were started
    connections: list[str] = field(default_factory=list)  #: the addresses that were connected to
    processes: list[str] = field(default_factory=list)  #: the programs that were started

    def add(self, other: "SideEffects") -> None:
        """Add what was seen at another time, and is not in the lists yet."""
        for mine, theirs in ((getattr(self, each.name), getattr(other, each.name)) for each in fields(self)):
            mine += [name for name in theirs if name not in mine]


@contextmanager
def note_side_effects() -> Iterator[SideEffects]:
    """Note the side effects within this block. Python cannot remove its audit hook, so use this in short processes."""
    seen, active = SideEffects(), [True]

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if not active:
            return
        if event == "open" and isinstance(arguments[0], str | bytes) and writes(*arguments[1:3]):
            _note(seen, arguments[0])
        elif event == "socket.connect":
            _note_once(seen.connections, _address(arguments[1]))
        elif event == "subprocess.Popen":
            _note_once(seen.processes, str(arguments[0]))
        elif event in _FORKS:
            _note_once(seen.processes, WORKER if _is_of_multiprocessing() else FORK)

    start, save = threading.Thread.start, torch.save

    def noting_start(thread: threading.Thread) -> None:
        if not _is_of_queue(thread):
            seen.threads.append(thread.name)
        start(thread)

    def noting_save(obj: object, f: Any, *arguments: Any, **options: Any) -> None:
        save(obj, f, *arguments, **options)
        if isinstance(f, str | os.PathLike):
            _note(seen, os.fspath(f))  # C code writes the file, which no audit hook sees

    sys.addaudithook(audit)
    thread_class: Any = threading.Thread
    thread_class.start, torch.save = noting_start, noting_save
    try:
        yield seen
    finally:
        active.clear()
        seen.files[:] = filter(os.path.lexists, seen.files)  # a file that was deleted again is no side effect
        thread_class.start, torch.save = start, save


def _note(seen: SideEffects, path: str | bytes) -> None:
    real = os.path.realpath(os.fsdecode(path))
    if not real.startswith(_NOWHERE) and f"{os.sep}__pycache__{os.sep}" not in real:
        _note_once(seen.files, real)


def _note_once(seen: list[str], name: str) -> None:
    if name not in seen:
        seen.append(name)


def _address(address: object) -> str:
    return ":".join(map(str, address[:2])) if isinstance(address, tuple) else str(address)


def _is_of_multiprocessing() -> bool:
    """Whether the fork that is about to be made is one of `multiprocessing`."""
    frame = sys._getframe(2)  # the frame that calls os.fork
    return f"{os.sep}multiprocessing{os.sep}" in frame.f_code.co_filename


def _is_of_queue(thread: threading.Thread) -> bool:
    """Whether a thread only feeds a queue of `multiprocessing`, as that of a data loader."""
    target = getattr(thread, "_target", None)
    return getattr(target, "__module__", "") == "multiprocessing.queues"
