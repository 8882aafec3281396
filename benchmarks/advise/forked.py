"""One trial in a fork: all state is copied for nothing, and what crashes or hangs costs itself alone."""

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

from benchmarks.advise.hidden import ours_in_sight
from benchmarks.advise.whose_file import is_own
from benchmarks.process import cause_of_end

_CHUNK_BYTES = 1 << 20
#: How long the answer is, in the bytes before it: what the steps forked may hold the pipe open after its end.
_LENGTH = struct.Struct("<Q")
#: How long a process that sends no answer may take to end by itself, so that its own status is told.
_CLOSED_S = 2.0
#: How often a process that sends nothing is looked at.
_LOOK_S = 1.0


class TrialFailed(RuntimeError):
    """What ran in the fork raised, died or hung; the message is one line. `place`: file and line, where it raised."""

    def __init__(self, message: str, place: tuple[str, int] | None = None) -> None:
        super().__init__(message)
        self.place = place


def in_fork(call: Callable[[], Any], limit_s: float) -> Any:
    """What `call` returns in a copy of this process; TrialFailed where it did not return in `limit_s`.

    The result must be picklable. This process must have one thread.
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
    """How a process ended, as `waitpid` says it; it is killed where it does not end in `wait_s`."""
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
    """Run `call` and send what it returned, or raised; this process ends here."""
    own = os.getpid()
    try:
        try:
            answer = "returned", call()
        except BaseException as error:  # whatever a user's step raises is its parent's to tell
            answer = "raised", (_one_line(error), users_place(error))
        if os.getpid() != own:  # a fork that the step made, and which returned from it too
            os._exit(0)
        with ours_in_sight():
            pickled = pickle.dumps(answer)
        data = _LENGTH.pack(len(pickled)) + pickled
        while data:
            data = data[os.write(writer, data[:_CHUNK_BYTES]) :]
        with suppress(OSError, ValueError):
            sys.stdout.flush()
    except BaseException:  # of ours, not the user's: it must not run on as its parent
        try:
            traceback.print_exc()
        finally:
            os._exit(1)
    os._exit(0)


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:600] if text else type(error).__name__


def users_place(error: BaseException) -> tuple[str, int] | None:
    """The innermost line of the user's: its file, and its number."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if is_own(f.filename) and f.lineno is not None]
    return (own[-1].filename, own[-1].lineno or 0) if own else None


def _read(reader: int, ends: float, child: int) -> tuple[bytes | None, int | None]:
    """The answer, and how the writer ended where that was seen, as `waitpid` says it.

    The answer is empty where the writer ended without one, though what it forked may hold the pipe open; None where
    the time is over.
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
            elif ended:  # and all that it wrote was read
                return b"", status
            else:
                ended, found = os.waitpid(child, os.WNOHANG)
                status = found if ended else None
    return None, status
