"""What the steps do besides computing: files, connections, processes and threads, whose ops nobody watches."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

import torch

from benchmarks.advise.scratch import writes

#: A write to these leaves nothing behind.
_NOWHERE = ("/dev/", "/proc/")

_FORKS = ("os.fork", "os.forkpty")
#: Started processes that have no name: of `multiprocessing`, as a loader of data has them; and any other fork.
WORKER, FORK = "a worker of multiprocessing", "a fork"


@dataclass
class SideEffects:
    """What was seen."""

    files: list[str] = field(default_factory=list)  #: written, and still there, each once
    threads: list[str] = field(default_factory=list)  #: that were started
    connections: list[str] = field(default_factory=list)  #: to where, each once
    processes: list[str] = field(default_factory=list)  #: what was started, each once

    def add(self, other: "SideEffects") -> None:
        """What was seen at another time, each once."""
        for mine, theirs in ((getattr(self, each.name), getattr(other, each.name)) for each in fields(self)):
            mine += [name for name in theirs if name not in mine]


@contextmanager
def noted() -> Iterator[SideEffects]:
    """Note what happens within; for a process that ends soon, as Python takes back no audit hook."""
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
            _note(seen, os.fspath(f))  # written by C code, which no hook sees

    sys.addaudithook(audit)
    thread_class: Any = threading.Thread
    thread_class.start, torch.save = noting_start, noting_save
    try:
        yield seen
    finally:
        active.clear()
        seen.files[:] = filter(os.path.lexists, seen.files)  # what was deleted again is no effect
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
    """Whether the fork that is about to be made is."""
    frame = sys._getframe(2)  # of what calls os.fork
    return f"{os.sep}multiprocessing{os.sep}" in frame.f_code.co_filename


def _is_of_queue(thread: threading.Thread) -> bool:
    """Whether a thread only feeds a queue of multiprocessing's, as a loader of data has them."""
    target = getattr(thread, "_target", None)
    return getattr(target, "__module__", "") == "multiprocessing.queues"
