"""Begins the suite's process on a machine of a fleet: `python -m benchmarks.fleet.clean_start <parent> WORDS...`.

The process ends with the one that started it, and has nothing of a Ray worker but its user: no lower priority, no
blocked or ignored signal. The environment was chosen before, by `clean_environment`. Standard library only.
"""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.kernel import AS_OTHERS, end_with_parent, set_memory_kill

#: Exit status of a machine that cannot start the suite cleanly; the suite itself has no such status.
CANNOT_START = 76

#: What of a worker's environment the suite's process gets: who and where the user is. Neither Ray's settings of threads
#: and GPUs nor anything else that changes how torch runs.
KEPT = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH"),
    *("CUDA_HOME", "CC", "CXX", "SSL_CERT_FILE", "SSL_CERT_DIR"),
)


def clean_environment(worker: Mapping[str, str], suite: Path, slot: str) -> dict[str, str]:
    """The environment of the suite's process. `slot`: "cpu", or "gpu" and the number that CUDA_VISIBLE_DEVICES takes.

    Without a GPU of its own the process sees none.
    """
    kept = {name: value for name, value in worker.items() if name in KEPT or name.startswith("LC_")}
    return {**kept, "PYTHONPATH": str(suite), "CUDA_VISIBLE_DEVICES": slot.removeprefix("gpu") if slot != "cpu" else ""}


def main() -> None:
    """Become `python -m benchmarks WORDS...` with this process's number, so that whoever waits for it still does."""
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
