"""What the steps do beside computing: files that they write, and threads that they start, which nobody watches."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch

#: A write to these leaves nothing behind.
_NOWHERE = ("/dev/", "/proc/")


@dataclass
class SideEffects:
    """What was seen."""

    files: list[str] = field(default_factory=list)  #: opened to be written, each once
    threads: list[str] = field(default_factory=list)  #: that were started

    def add(self, other: "SideEffects") -> None:
        """What was seen at another time, each once."""
        self.files += [file for file in other.files if file not in self.files]
        self.threads += [name for name in other.threads if name not in self.threads]


@contextmanager
def noted() -> Iterator[SideEffects]:
    """Note what happens within; for a process that ends soon, as Python takes back no audit hook."""
    seen, active = SideEffects(), [True]

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if active and event == "open" and isinstance(arguments[0], str | bytes) and _writes(*arguments[1:3]):
            _note(seen, arguments[0])

    start, save = threading.Thread.start, torch.save

    def noting_start(thread: threading.Thread) -> None:
        if not _is_of_queue(thread):
            seen.threads.append(thread.name)
        start(thread)

    def noting_save(obj: object, f: Any, *arguments: Any, **options: Any) -> None:
        if isinstance(f, str | os.PathLike):
            _note(seen, os.fspath(f))  # written by C code, which no hook sees
        save(obj, f, *arguments, **options)

    sys.addaudithook(audit)
    thread_class: Any = threading.Thread
    thread_class.start, torch.save = noting_start, noting_save
    try:
        yield seen
    finally:
        active.clear()
        thread_class.start, torch.save = start, save


def _writes(mode: object, flags: object) -> bool:
    by_flags = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return by_flags or (isinstance(mode, str) and any(letter in mode for letter in "wax+"))


def _note(seen: SideEffects, path: str | bytes) -> None:
    real = os.path.realpath(os.fsdecode(path))
    if real not in seen.files and not real.startswith(_NOWHERE) and f"{os.sep}__pycache__{os.sep}" not in real:
        seen.files.append(real)


def _is_of_queue(thread: threading.Thread) -> bool:
    """Whether a thread only feeds a queue of multiprocessing's, as a loader of data has them."""
    target = getattr(thread, "_target", None)
    return getattr(target, "__module__", "") == "multiprocessing.queues"
