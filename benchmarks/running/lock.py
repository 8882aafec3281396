"""One run at a time: a lock for the machine's CPU and one for each GPU, held as an open file.

A pass that measures time holds a device alone. Passes that only count bytes share a device with each other: they do not
disturb one another, but they would disturb a pass that measures time. A whole run holds its devices alone from start to
end: its memory pass also measures ceilings, and a run that had to wait between two passes would fail late.

A GPU's lock is named by its UUID: under CUDA_VISIBLE_DEVICES (containers, schedulers) every process has a `cuda:0`.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.measure.gpu import uuid_of
from benchmarks.running import place
from benchmarks.running.locked_file import Held, locked_file, locked_folder


class Busy(RuntimeError):
    """Another run holds a device. The message says which process, and what it runs."""


@contextmanager
def hold(devices: Sequence[str], purpose: str, folder: Path | None = None, shared: bool = False) -> Iterator[None]:
    """Hold the locks of some devices ("cpu", "cuda:0") inside this block, or raise Busy.

    `purpose`: what the refused processes are shown. `folder`: where the lock files are (default: the machine's place).
    `shared`: share the locks with processes that also share them; they only count bytes. OSError if a lock file cannot
    be used. The kernel frees the locks of a process that ends in any way.
    """
    with ExitStack() as held:
        names = {_name(device): device for device in sorted(set(devices))}
        for name, device in sorted(names.items()):  # one order for all, so that no two wait for each other
            path = (folder or place.LOCKS) / f"inplace-benchmarks-{name}.lock"
            held.enter_context(_hold_one(path, device, purpose, shared))
        yield


def _name(device: str) -> str:
    """Return the name of a device's lock: a GPU's UUID, or its number in this process if torch has no UUID for it."""
    uuid = uuid_of(device) if device != "cpu" else None
    return uuid or device.replace(":", "-")


@contextmanager
def hold_run(folder: Path) -> Iterator[None]:
    """Hold a run's folder inside this block, so that no process of any machine measures for it too; or raise Busy."""
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
