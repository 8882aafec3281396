"""A process of its own for what may abort or hang: started, ended with all that it started, its end put in words."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

#: Where this very suite lies, wherever the command is typed.
_ROOT = str(Path(__file__).resolve().parents[1])


@contextlib.contextmanager
def started(
    module: str,
    arguments: Sequence[str],
    log: IO[bytes],
    given: IO | int = subprocess.DEVNULL,
    pipes: Sequence[int] = (),
) -> Iterator[subprocess.Popen]:
    """`python -m module arguments`, its output in `log`; at the end it is killed with the compilers it started.

    `given` is its standard input; `pipes` are file descriptors that it shares.
    """
    path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, "PYTHONPATH": path, "TORCHINDUCTOR_COMPILE_THREADS": "1"},
        stdin=given,
        stdout=log,
        stderr=log,
        pass_fds=pipes,
        start_new_session=True,  # so that compilers it starts end with it
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):  # all of its session has ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def said(log: IO[bytes], since: int = 0) -> str:
    """All that a process printed, from a place in its log on."""
    log.seek(since)
    return log.read().decode(errors="replace").strip()


def cause(status: int, log: IO[bytes], since: int = 0) -> str:
    """How a process ended by itself, and its last words."""
    how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with exit status {status}"
    last = said(log, since).splitlines()[-1:]
    return f"its process {how}" + (f": {last[0][:300]}" if last else "")
