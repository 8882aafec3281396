"""A process of a fleet writes down itself from when to when it was at work, so that no kill can hide it.

Standard library only: it is loaded by processes of other versions of torch, and by the stand-in of the suite.
"""

import os
import threading
import time
from pathlib import Path

#: Of a machine's folder: a file per process, named for when it began (ns); its time is the last moment of its work.
STAMPS = ".stamps"
_EACH_S = 0.03


def stamp(machine: Path) -> None:
    """Begin to stamp, in a thread that ends with this process, however that ends."""
    folder = machine / STAMPS
    folder.mkdir(exist_ok=True)
    file = folder / f"{time.time_ns()}-{os.getpid()}"
    file.touch()

    def go_on() -> None:
        while file.exists():
            os.utime(file)
            time.sleep(_EACH_S)

    threading.Thread(target=go_on, daemon=True).start()


def stamped(machine: Path) -> list[tuple[float, float]]:
    """When each process of a machine began and was last at work, in seconds, by its own stamps; the first first."""
    files = (machine / STAMPS).glob("*-*")
    return sorted((int(file.name.partition("-")[0]) / 1e9, file.stat().st_mtime) for file in files)
