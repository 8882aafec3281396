"""The advisor's own processes as forks of one that has loaded torch: five times as many programs in the same time."""

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
    """A fork, with what a subprocess.Popen says of its end."""

    pid: int
    returncode: int | None = None
    limit_s = 600.0  #: where `wait` is given none

    def poll(self) -> int | None:
        """The exit status, or minus the signal; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """As of Popen, but never for ever."""
        limit_s = self.limit_s if timeout is None else timeout
        ends = time.monotonic() + limit_s
        while (status := self.poll()) is None:
            if time.monotonic() > ends:
                raise subprocess.TimeoutExpired("a fork", limit_s)
            time.sleep(0.002)
        return status


class ForkedWorker(ForkedChild):
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
            atexit._clear()  # what is done at the end of the process that it was forked from is not done here
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
    """From now on this process forks what it would start."""
    double = SimpleNamespace(**{**vars(subprocess), "Popen": ForkedWorker})
    process.subprocess = double  # pyright: ignore[reportAttributeAccessIssue]  # a double
