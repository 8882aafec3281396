"""The advisor's own processes as forks of one that has loaded torch: five times as many programs in the same time."""

import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import IO

from benchmarks import process
from benchmarks.fork import ForkedProcess


class ForkedWorker(ForkedProcess):
    """What is asked of a subprocess.Popen, of a fork that does what the advisor's process would be started for."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        stdin: int,
        stdout: IO[bytes],
        stderr: IO[bytes],
        pass_fds: Collection[int],
        start_new_session: bool,
    ) -> None:
        executable, option, _program, *self._arguments = command
        assert (executable, option, stdin) == (sys.executable, "-c", subprocess.DEVNULL)
        assert stdout is stderr and pass_fds and start_new_session
        super().__init__(lambda: self._become_worker(env, stdout.fileno()))

    def _become_worker(self, env: Mapping[str, str], log: int) -> int:
        for number in (1, 2):
            os.dup2(log, number)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        atexit._clear()  # what is done at the end of the process that it was forked from is not done here
        os.environ.clear()
        os.environ.update(env)
        from benchmarks.advise.worker import main

        main(self._arguments)
        return 0


def fork_workers() -> None:
    """From now on this process forks what it would start."""
    double = SimpleNamespace(**{**vars(subprocess), "Popen": ForkedWorker})
    process.subprocess = double  # pyright: ignore[reportAttributeAccessIssue]  # a double
