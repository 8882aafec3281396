"""One run at a time: a lock for the machine's CPU and one for each GPU, held by an open file.

Who times holds a device alone. Who only counts bytes is not disturbed by others, but disturbs who times: such passes
share a device with each other. A whole run holds its devices alone from start to end: its first pass counts bytes, but
measures ceilings too, and a run that had to wait for its turn between two passes would be told too late.

A GPU's lock is the card's: under CUDA_VISIBLE_DEVICES (containers, schedulers) every process calls its own `cuda:0`.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.measure.gpu import uuid_of
from benchmarks.running import place
from benchmarks.running.locked_file import Held, locked_file, locked_folder


class Busy(RuntimeError):
    """Another run holds a device; the message says which process, and what it runs."""


@contextmanager
def hold(devices: Sequence[str], purpose: str, folder: Path | None = None, shared: bool = False) -> Iterator[None]:
    """Hold the locks of some devices ("cpu", "cuda:0") or raise Busy. A dead holder's lock is free: the kernel's.

    `folder`: where the locks lie (the machine's place). `shared`: with others that share it, who only count bytes.
    """
    with ExitStack() as held:
        names = {_name(device): device for device in sorted(set(devices))}
        for name, device in sorted(names.items()):  # in one order for all, so that no two wait for each other
            path = (folder or place.LOCKS) / f"inplace-benchmarks-{name}.lock"
            held.enter_context(_hold_one(path, device, purpose, shared))
        yield


def _name(device: str) -> str:
    """Of a device's lock: the card's UUID, its number in this process where torch has no UUID of it."""
    card = uuid_of(device) if device != "cpu" else None
    return card or device.replace(":", "-")


@contextmanager
def hold_run(folder: Path) -> Iterator[None]:
    """Hold a run's folder, so that nobody else measures for it, or raise Busy: also on another machine's behalf."""
    with ExitStack() as held:
        try:
            held.enter_context(locked_folder(folder))
        except Held:
            raise Busy(f"{folder} is being measured by another process; wait for it or stop it") from None
        yield


@contextmanager
def _hold_one(path: Path, device: str, purpose: str, shared: bool) -> Iterator[None]:
    with ExitStack() as held:
        try:
            held.enter_context(locked_file(path, f"process {os.getpid()}, {purpose}", shared))
        except Held as other:
            holder = str(other) or "another process"
            raise Busy(f"{device} is in use by another run: {holder}; wait for it or stop it ({path})") from None
        yield
