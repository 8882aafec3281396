"""One run at a time: a lock for the machine's CPU and one for each GPU, held as an open file.

A pass that times holds a device alone. Passes that only count bytes are not disturbed by others, but disturb a timed
pass: they share a device with each other. A whole run holds its devices alone from start to end: its memory pass also
measures ceilings, and a run that had to wait between two passes would fail late.

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
    """Another run holds a device; the message says which process, and what it runs."""


@contextmanager
def hold(devices: Sequence[str], purpose: str, folder: Path | None = None, shared: bool = False) -> Iterator[None]:
    """Hold the locks of some devices ("cpu", "cuda:0") or raise Busy. The kernel frees the locks of a dead process.

    `folder`: where the lock files are (default: the machine's place). `shared`: share them with others that do the
    same, which only count bytes.
    """
    with ExitStack() as held:
        names = {_name(device): device for device in sorted(set(devices))}
        for name, device in sorted(names.items()):  # one order for all, so that no two wait for each other
            path = (folder or place.LOCKS) / f"inplace-benchmarks-{name}.lock"
            held.enter_context(_hold_one(path, device, purpose, shared))
        yield


def _name(device: str) -> str:
    """The name of a device's lock: the GPU's UUID, or its number in this process if torch does not give the UUID."""
    uuid = uuid_of(device) if device != "cpu" else None
    return uuid or device.replace(":", "-")


@contextmanager
def hold_run(folder: Path) -> Iterator[None]:
    """Hold a run's folder, so that no other process, on any machine, measures for it; or raise Busy."""
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
