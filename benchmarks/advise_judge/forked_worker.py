"""Forks instead of new processes for the advisor. They have torch already, so a program takes a fifth of the time."""

import atexit
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import IO, NoReturn

from benchmarks import process


class ForkedChild:
    """A forked process, with the methods of subprocess.Popen that wait for its end."""

    pid: int
    returncode: int | None = None
    limit_s = 600.0  #: the limit of `wait` without a timeout

    def poll(self) -> int | None:
        """Return the exit status, or minus the number of the signal; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit status. TimeoutExpired after `timeout`, or `limit_s`, seconds."""
        limit_s = self.limit_s if timeout is None else timeout
        ends = time.monotonic() + limit_s
        while (status := self.poll()) is None:
            if time.monotonic() > ends:
                raise subprocess.TimeoutExpired("a fork", limit_s)
            time.sleep(0.002)
        return status


class ForkedWorker(ForkedChild):
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
        self.pid = os.fork()
        if not self.pid:
            self._become_worker(env, stdout.fileno())

    def _become_worker(self, env: Mapping[str, str], log: int) -> NoReturn:
        status = 1
        try:
            os.setsid()
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
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            with suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)


def fork_workers() -> None:
    """Make this process fork the advisor's processes from now on, instead of starting them."""
    double = SimpleNamespace(**{**vars(subprocess), "Popen": ForkedWorker})
    process.subprocess = double  # pyright: ignore[reportAttributeAccessIssue]  # a double
