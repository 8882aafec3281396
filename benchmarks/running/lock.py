"""One run at a time: a lock for the machine's CPU and one for each GPU, held by an open file.

A GPU's lock is the card's: under CUDA_VISIBLE_DEVICES (containers, schedulers) every process calls its own `cuda:0`.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from benchmarks.measure.gpu import uuid_of


class Busy(RuntimeError):
    """Another run holds a device; the message says which process, and what it runs."""


@contextmanager
def hold(devices: Sequence[str], purpose: str, folder: Path | None = None) -> Iterator[None]:
    """Hold the locks of some devices ("cpu", "cuda:0") or raise Busy. A dead holder's lock is free: the kernel's."""
    with ExitStack() as held:
        names = {_name(device): device for device in sorted(set(devices))}
        for name, device in sorted(names.items()):  # in one order for all, so that no two wait for each other
            path = (folder or Path(tempfile.gettempdir())) / f"inplace-benchmarks-{name}.lock"
            held.enter_context(_hold_one(path, device, purpose))
        yield


def _name(device: str) -> str:
    """Of a device's lock: the card's UUID, its number in this process where torch has no UUID of it."""
    card = uuid_of(device) if device != "cpu" else None
    return card or device.replace(":", "-")


@contextmanager
def _hold_one(path: Path, device: str, purpose: str) -> Iterator[None]:
    handle = _open(path)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 500, 0).decode(errors="replace").strip() or "another process"
            raise Busy(f"{device} is in use by another run: {holder}; wait for it or stop it ({path})") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()}, {purpose}".encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    """Open a lock's file, readable and writable for every user: whoever came first may not be whoever comes next."""
    try:
        return os.open(path, os.O_RDWR)  # without O_CREAT: in a sticky folder it is refused for another user's file
    except FileNotFoundError:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        with suppress(PermissionError):  # another user made it in between
            os.fchmod(handle, 0o666)  # whatever the umask
        return handle
