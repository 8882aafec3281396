"""A process of its own for what may crash or hang: started, watched through a pipe, ended with all that it started.

It sends events, JSON objects one a line, and each is waited for with a limit. Passes of a run, hazards and the safety
matrix are such processes. A whole command of the suite, which ends by itself, stores what it has and shows the user
what it prints, is no such process: `entry.run_command` starts it, and loads none of this.
"""

import atexit
import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from benchmarks import cgroup, in_flight
from benchmarks.orphans import orphans_ended
from benchmarks.temporary import names_folder, temporary_file
from benchmarks.waits import short_waits, status_within

#: Where this very suite lies, wherever the command is typed.
_ROOT = str(Path(__file__).resolve().parents[1])

_PR_SET_PDEATHSIG = 1  # linux/prctl.h

#: What a process may take to end once it was killed.
KILLED_LIMIT_S = 60

#: torch's compiler works in the process that compiles: no pool of threads or children runs beside what is measured.
COMPILE_HERE = {"TORCHINDUCTOR_COMPILE_THREADS": "1"}


class Hung(RuntimeError):
    """A process that neither sent an event nor ended in time; the message is one sentence."""


class SupervisorGone(RuntimeError):
    """The supervisor was killed: its process does not outlive it by more than what is in flight."""


class Events:
    """The process's end of the pipe; without a pipe (a pass started by hand) nothing is sent."""

    def __init__(self, files: str | None) -> None:
        """`files`: the number of its pipe, and behind a comma that of the file for `in_flight`, as `started` has it."""
        pipe, _, shared = (files or "").partition(",")
        self._pipe = int(pipe) if pipe else None
        self._opened = None if self._pipe is None else _identity(self._pipe)
        if shared:
            in_flight.share(int(shared))
        if self._pipe is not None and sys.platform == "linux":
            # A process that hangs never gets to its next event: let the kernel end it with its supervisor.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            # Where memory runs out, this process took it: not its supervisor, which has a row to write.
            with suppress(OSError):
                Path("/proc/self/oom_score_adj").write_text("1000")

    def send(self, event: str, **facts: object) -> None:
        """Send one event. SupervisorGone where nobody reads any more."""
        if self._pipe is None:
            return
        data = (json.dumps({"event": event, **facts}, allow_nan=False) + "\n").encode()
        try:
            if _identity(self._pipe) != self._opened:
                raise SupervisorGone  # a callable closed the pipe, and a file of its own got the number
            while data:
                data = data[os.write(self._pipe, data) :]
        except OSError as error:
            raise SupervisorGone from error

    def begin(self, event: str, **facts: object) -> None:
        """Send an event that something begins. What was printed by then is not the cause of its end."""
        printed = 0
        with suppress(OSError, ValueError):  # a callable may have closed its output
            sys.stdout.flush()
            printed = os.fstat(1).st_size
        self.send(event, **facts, printed=printed)

    def end(self) -> None:
        """Say that all is done, and end this process, its exit handlers run; by hand neither.

        The interpreter's own end would take torch apart first, for most of a second. SupervisorGone as of `send`.
        """
        if self._pipe is None:
            return
        self.send("end")
        atexit._run_exitfuncs()
        os._exit(0)


def _identity(descriptor: int) -> tuple[int, int]:
    """Which file an open number stands for."""
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


@dataclass
class Child:
    """The supervisor's side: a process, the pipe its events come through, and the log of what it prints."""

    process: subprocess.Popen
    pipe: IO[bytes]
    log: IO[bytes]
    shared: IO[bytes] | None = None
    kills_before: int | None = None  #: of the kernel for want of memory, when it was started
    _events: deque[dict[str, Any]] = field(default_factory=deque)
    _unfinished_line: bytes = b""
    _begun_at: int = 0  #: of the log, when the last thing began

    def event(self, limit_s: float) -> dict[str, Any] | None:
        """The next event; None where the process ended, or closed its pipe. Hung where none comes in `limit_s`."""
        while not self._events:
            data = self._read(limit_s)
            if not data:
                return None
            *lines, self._unfinished_line = (self._unfinished_line + data).split(b"\n")
            self._events.extend(event for event in map(_event, lines) if event is not None)
        event = self._events.popleft()
        self._begun_at = event.pop("printed", self._begun_at)
        return event

    def _read(self, limit_s: float) -> bytes:
        with selectors.DefaultSelector() as selector:
            selector.register(self.pipe, selectors.EVENT_READ)
            for wait_s in short_waits(limit_s):
                # Asked first, so that what the process sent last is read. What it started may keep the pipe open.
                ended = self.process.poll() is not None
                if selector.select(0 if ended else wait_s):
                    return os.read(self.pipe.fileno(), 65536)
                if ended:
                    return b""
        raise Hung(f"no end after {limit_s:g} s, stopped")

    def status(self, limit_s: float) -> int:
        """Its exit status, or minus the signal that ended it. Hung where it does not end in `limit_s`."""
        status = status_within(self.process, limit_s)
        if status is None:
            raise Hung(f"no end after {limit_s:g} s, stopped")
        return status

    def variant(self) -> str | None:
        """The variant that runs, or ran when it died."""
        return in_flight.variant_in(os.pread(self.shared.fileno(), 1, 0)) if self.shared else None

    def cause(self, status: int, printed: str = "") -> str:
        """How it ended by itself, in a sentence: see `cause`."""
        return cause_of_end(status, printed, self.killed_for_memory(status))

    def last_words(self) -> str:
        """What it printed since it began what it did last."""
        return self.printed(self._begun_at)

    def killed_for_memory(self, status: int) -> bool | None:
        """Whether the kernel killed it as memory ran out; None where it may have, and does not count."""
        kills = cgroup.oom_kills()
        if status != -signal.SIGKILL:
            return False
        return None if kills is None or self.kills_before is None else kills > self.kills_before

    def printed(self, since: int = 0, most: int = 2**16) -> str:
        """The end of what it printed, `most` bytes of it; `since`: from that byte of its log on."""
        size = os.fstat(self.log.fileno()).st_size
        start = max(since, size - most)
        # Not read(): its place in the log is the process's own.
        return os.pread(self.log.fileno(), max(0, size - start), start).decode(errors="replace").strip()


def _event(line: bytes) -> dict[str, Any] | None:
    """An event; None for what else is written to the pipe, whose number a callable may hit."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "event" in found else None


@contextmanager
def child_process(
    command: Sequence[str], environment: Mapping[str, str], stdin: IO | int = subprocess.DEVNULL
) -> Iterator[Child]:
    """`command`, and last among its arguments what `Events` needs. It is killed at the end, and all that it started."""
    reader, writer = os.pipe()
    pipe, kills_before = os.fdopen(reader, "rb", buffering=0), cgroup.oom_kills()
    with pipe, temporary_file() as log, temporary_file() as shared:
        with names_folder():
            os.write(shared.fileno(), bytes(1))  # for good: a hole has no place where the folder is full
        try:
            process = subprocess.Popen(
                [*command, f"{writer},{shared.fileno()}"],
                env=environment,
                stdin=stdin,
                stdout=log,
                stderr=log,
                pass_fds=(writer, shared.fileno()),
                start_new_session=True,  # Ctrl-C is for the supervisor alone; and compilers it starts end with it
            )
        finally:
            os.close(writer)
        with orphans_ended():
            try:
                yield Child(process, pipe, log, shared, kills_before)
            finally:
                with suppress(ProcessLookupError, PermissionError):  # its group has ended by itself; macOS of a zombie
                    os.killpg(process.pid, signal.SIGKILL)
                with suppress(subprocess.TimeoutExpired):  # a driver that hangs lets go of no process, killed or not
                    process.wait(KILLED_LIMIT_S)


@contextmanager
def child_module(module: str, arguments: Sequence[str] = (), stdin: IO | int = subprocess.DEVNULL) -> Iterator[Child]:
    """`python -m module arguments` of this suite, which compiles in that one process."""
    path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, **COMPILE_HERE}
    with child_process([sys.executable, "-m", module, *arguments], environment, stdin) as child:
        yield child


def cause_of_end(status: int, printed: str = "", for_memory: bool | None = None) -> str:
    """How a process ended by itself, in a sentence: by its exit status, and the last line of what it printed.

    `for_memory`: whether a SIGKILL was the kernel's as memory ran out; None where nobody knows.
    """
    if status >= 0:
        how = f"ended with exit status {status}"
    else:
        try:
            name = signal.Signals(-status).name
        except ValueError:  # one of the real-time signals, which have numbers only
            name = f"signal {-status}"
        how = f"was ended by {name}"
        if name == "SIGKILL" and for_memory is not False:
            how += f" ({'' if for_memory else 'perhaps '}the kernel's out-of-memory killer)"
    last = printed.splitlines()[-1:]
    return f"its process {how}" + (f": {last[0][:300]}" if last else "")
