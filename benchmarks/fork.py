"""Fork this process: a call runs in the fork, is watched, answers through a pipe, and ends with all that it started.

A fork has all that this process loaded and built, and what the call changes, breaks or leaves ends with it. This
process must have only one thread: a fork copies none of the others.
"""

import os
import signal
import struct
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from benchmarks.kernel import end_with_parent
from benchmarks.process_end import KILLED_LIMIT_S, cause_of_end, end_group, read_within
from benchmarks.waits import status_within

_CHUNK_BYTES = 1 << 20
#: The length of the answer, sent before it. The end of the pipe cannot mark the end of the answer, because processes
#: that the call forked may keep the pipe open.
_LENGTH = struct.Struct("<Q")
#: Seconds in which a fork that closed the pipe without an answer may end by itself, so that its own status is known.
_CLOSED_S = 2.0
#: The shortest and the longest time between two looks at a fork that is waited for, in seconds.
_LOOK_S = (0.0002, 0.005)


class ForkDied(RuntimeError):
    """A fork ended without an answer; the message is one line."""


class ForkedProcess:
    """A fork of this process, with what a `subprocess.Popen` says of its end."""

    returncode: int | None = None
    limit_s = 600.0  #: where `wait` is given none

    def __init__(self, run: Callable[[], int], own_group: bool = True) -> None:
        """Run `run` in a fork, which ends with the status that it returns: 1 if it raises, with the traceback printed.

        `own_group`: on Linux, in a session and a group of its own, which `end` ends whole. Ctrl-C is then for this
        process alone, and the fork ends with it.
        """
        self._leads = own_group and sys.platform == "linux"  # elsewhere nothing would end it with this process
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if not self.pid:
            _become(run, parent, self._leads)

    def poll(self) -> int | None:
        """The exit status, or minus the signal; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """As of Popen, but never for ever."""
        limit_s = self.limit_s if timeout is None else timeout
        ends, look_s = time.monotonic() + limit_s, _LOOK_S[0]
        while (status := self.poll()) is None:
            if time.monotonic() > ends:
                raise subprocess.TimeoutExpired("a fork", limit_s)
            time.sleep(look_s)
            look_s = min(2 * look_s, _LOOK_S[1])
        return status

    def end(self) -> None:
        """Kill it if it still runs, with its group, and wait for its end."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)  # it may not lead its group yet
        if self._leads:
            end_group(self)
        else:
            with suppress(subprocess.TimeoutExpired):
                self.wait(KILLED_LIMIT_S)


def _become(run: Callable[[], int], parent: int, leads: bool) -> NoReturn:
    """Run `run` in the fork, and end it: it must not go on as if it was its parent."""
    own, status = os.getpid(), 1
    try:
        if leads:
            os.setsid()
            end_with_parent()
            if os.getppid() != parent:  # it ended before the line above
                os._exit(1)
        status = run()
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            if os.getpid() == own:  # else a fork that the call made, and that came back from the call too
                sys.stdout.flush()
                sys.stderr.flush()
        finally:
            os._exit(status)


def answer_of_fork(call: Callable[[], bytes], limit_s: float) -> bytes:
    """Run `call` in a fork of this process and return what it returned; the fork ends with all that it started.

    Hung if it takes more than `limit_s` seconds, not counting time in which this process is stopped; ForkDied if the
    fork ends without an answer, as where `call` raises.
    """
    reader, writer = os.pipe()

    def run() -> int:
        os.close(reader)
        _send(call, writer)
        return 0

    fork = ForkedProcess(run)
    os.close(writer)
    try:
        answer = _read(reader, fork, limit_s)
        status = None if answer is not None else status_within(fork, _CLOSED_S)
    finally:
        os.close(reader)
        fork.end()
    if answer is None:
        raise ForkDied(cause_of_end(-signal.SIGKILL if status is None else status))
    return answer


def _send(call: Callable[[], bytes], writer: int) -> None:
    own = os.getpid()
    answer = call()
    if os.getpid() != own:  # this is a fork that the call made and that returned from the call too
        os._exit(0)
    data = _LENGTH.pack(len(answer)) + answer
    while data:
        data = data[os.write(writer, data[:_CHUNK_BYTES]) :]


def _read(reader: int, fork: ForkedProcess, limit_s: float) -> bytes | None:
    """The answer; None if the fork ended or closed the pipe without one, even if another process keeps it open."""
    data = bytearray()
    while len(data) < _LENGTH.size or len(data) < _LENGTH.size + _LENGTH.unpack_from(data)[0]:
        part = read_within(reader, fork, limit_s)
        if not part:
            return None
        data += part
    return bytes(data[_LENGTH.size :])
