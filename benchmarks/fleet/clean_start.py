"""Starts the suite's process on a machine of a fleet: `python -m benchmarks.fleet.clean_start <parent> WORDS...`.

The process ends when the one that started it ends. It has the user of a Ray worker, but not its lower priority, nor its
blocked or ignored signals. `clean_environment` chose its environment variables before. Standard library only.
"""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.kernel import AS_OTHERS, end_with_parent, set_memory_kill

#: Exit status of a machine that cannot start the suite cleanly; the suite itself has no such status.
CANNOT_START = 76

#: Environment variables of a worker that the suite's process gets: they say who and where the user is. It gets neither
#: Ray's settings of threads and GPUs, nor any others that change how torch runs.
KEPT = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH"),
    *("CUDA_HOME", "CC", "CXX", "SSL_CERT_FILE", "SSL_CERT_DIR"),
)


def clean_environment(worker: Mapping[str, str], suite: Path, slot: str) -> dict[str, str]:
    """Return the environment variables of the suite's process, from those of a worker.

    `slot`: "cpu", or "gpu" and the number that CUDA_VISIBLE_DEVICES takes. With "cpu" the process sees no GPU.
    """
    kept = {name: value for name, value in worker.items() if name in KEPT or name.startswith("LC_")}
    return {**kept, "PYTHONPATH": str(suite), "CUDA_VISIBLE_DEVICES": slot.removeprefix("gpu") if slot != "cpu" else ""}


def main() -> None:
    """Replace this process by `python -m benchmarks WORDS...`. It keeps its number, so that its parent waits for it."""
    parent, *words = sys.argv[1:]
    end_with_parent(signal.SIGTERM)
    if os.getppid() != int(parent):  # it was killed before the line above
        sys.exit(CANNOT_START)
    if os.getpriority(os.PRIO_PROCESS, 0) > 0:
        try:
            os.setpriority(os.PRIO_PROCESS, 0, 0)
        except OSError:
            print("processes have low priority here: start Ray with RAY_worker_niceness=0", file=sys.stderr)
            sys.exit(CANNOT_START)
    set_memory_kill(AS_OTHERS)  # without the rights for it, the worker's own value stays
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.execv(sys.executable, [sys.executable, "-m", "benchmarks", *words])


if __name__ == "__main__":
    main()
