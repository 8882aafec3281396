"""Run a call in a fork: the copy of all state costs nothing, and a crash or a hang ends only the fork."""

import os
import pickle
import selectors
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from benchmarks.advise.user.hidden import ours_in_sight
from benchmarks.advise.user.whose_file import is_own
from benchmarks.process import cause_of_end

_CHUNK_BYTES = 1 << 20
#: The length of the answer, sent before it. The end of the pipe cannot mark the end of the answer, because processes
#: that the steps forked may keep the pipe open.
_LENGTH = struct.Struct("<Q")
#: Seconds in which a fork that closed the pipe without an answer may end by itself, so that its own status is known.
_CLOSED_S = 2.0
#: Seconds between two looks at a fork that sends nothing.
_LOOK_S = 1.0


class TrialFailed(RuntimeError):
    """The call in a fork raised, died or hung, or it changed a result; the message is one line.

    `place`: the file and the line of the user's code that raised, if any did.
    """

    def __init__(self, message: str, place: tuple[str, int] | None = None) -> None:
        super().__init__(message)
        self.place = place


def in_fork(call: Callable[[], Any], limit_s: float) -> Any:
    """Run `call` in a fork of this process and return its result, which must be picklable.

    TrialFailed if it raises, if the fork dies, or if it takes more than `limit_s` seconds. This process must have only
    one thread.
    """
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        os.close(reader)
        _answer(call, writer)
    os.close(writer)
    data, status = None, None
    try:
        data, status = _read(reader, time.monotonic() + limit_s, child)
    finally:
        os.close(reader)
        if status is None:
            status = _status(child, _CLOSED_S if data == b"" else 0.0)
    if data is None:
        raise TrialFailed(f"no end after {limit_s:g} s, stopped")
    if not data:
        raise TrialFailed(cause_of_end(os.waitstatus_to_exitcode(status)))
    with ours_in_sight():
        kind, value = pickle.loads(data)
    if kind == "raised":
        raise TrialFailed(*value)
    return value


def _status(child: int, wait_s: float) -> int:
    """Wait for a process and return its status as `waitpid` gives it; kill it after `wait_s` seconds."""
    ends = time.monotonic() + wait_s
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.01)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _answer(call: Callable[[], Any], writer: int) -> None:
    """Run `call`, send what it returned or raised, and end this process."""
    own = os.getpid()
    try:
        try:
            answer = "returned", call()
        except BaseException as error:  # the parent process reports whatever a user's step raises
            answer = "raised", (_one_line(error), users_place(error))
        if os.getpid() != own:  # this is a fork that the step made and that returned from the step too
            os._exit(0)
        with ours_in_sight():
            pickled = pickle.dumps(answer)
        data = _LENGTH.pack(len(pickled)) + pickled
        while data:
            data = data[os.write(writer, data[:_CHUNK_BYTES]) :]
        with suppress(OSError, ValueError):
            sys.stdout.flush()
    except BaseException:  # an error of our own code: this fork must not go on as if it was the parent
        try:
            traceback.print_exc()
        finally:
            os._exit(1)
    os._exit(0)


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:600] if text else type(error).__name__


def users_place(error: BaseException) -> tuple[str, int] | None:
    """Return the file and the line number of the innermost frame in the user's code; None if there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if is_own(f.filename) and f.lineno is not None]
    return (own[-1].filename, own[-1].lineno or 0) if own else None


def _read(reader: int, ends: float, child: int) -> tuple[bytes | None, int | None]:
    """Return the answer's bytes, and the status of the fork as `waitpid` gives it, or None if its end was not seen.

    The answer is b"" if the fork ended without one, even if another process keeps the pipe open. It is None if there
    is none at the time `ends`.
    """
    data, ended, status = bytearray(), 0, None
    with selectors.DefaultSelector() as selector:
        selector.register(reader, selectors.EVENT_READ)
        while time.monotonic() < ends:
            if selector.select(0.0 if ended else min(ends - time.monotonic(), _LOOK_S)):
                part = os.read(reader, _CHUNK_BYTES)
                data += part
                if len(data) >= _LENGTH.size and len(data) == _LENGTH.size + _LENGTH.unpack_from(data)[0]:
                    return bytes(data[_LENGTH.size :]), status
                if not part:
                    return b"", status
            elif ended:  # and all that it wrote has been read
                return b"", status
            else:
                ended, found = os.waitpid(child, os.WNOHANG)
                status = found if ended else None
    return None, status
