"""Forks instead of new processes for the advisor. They have torch already, so a program takes a fifth of the time."""

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
    """A fork that does the work of a process that the advisor starts, in the place of a subprocess.Popen."""

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
        atexit._clear()  # the exit functions belong to the process that was forked
        os.environ.clear()
        os.environ.update(env)
        from benchmarks.advise.worker import main

        main(self._arguments)
        return 0


def fork_workers() -> None:
    """Make this process fork the advisor's processes from now on, instead of starting them."""
    double = SimpleNamespace(**{**vars(subprocess), "Popen": ForkedWorker})
    process.subprocess = double  # pyright: ignore[reportAttributeAccessIssue]  # a double
