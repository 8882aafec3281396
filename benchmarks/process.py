"""Run code that may crash or hang in its own process: start it, watch it through a pipe, end it and its children.

The process sends events, one JSON object per line; each is awaited with a time limit. Passes of a run, hazards and the
safety matrix run this way; `fork` forks a process that has loaded all. A whole command of the suite runs in neither
way: it ends by itself, stores its state and prints to the user. `entry.run_command` starts commands, and does not load
this module.
"""

import atexit
import json
import os
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
from benchmarks.kernel import KILLED_FIRST, end_with_parent, set_memory_kill
from benchmarks.orphans import orphans_ended
from benchmarks.process_end import Hung, cause_of_end, end_group, read_within
from benchmarks.temporary import names_folder, temporary_file
from benchmarks.waits import status_within

#: The root of this suite, whatever the current folder.
_ROOT = str(Path(__file__).resolve().parents[1])

#: Let torch's compiler work in the compiling process: no pool of threads or children runs during a measurement.
COMPILE_HERE = {"TORCHINDUCTOR_COMPILE_THREADS": "1"}


class SupervisorGone(RuntimeError):
    """The supervisor was killed: the process ends after what it is doing now."""


class Events:
    """The process's end of the pipe; without a pipe (a pass started by hand) it sends nothing."""

    def __init__(self, files: str | None) -> None:
        """`files`: "<pipe>" or "<pipe>,<file of `in_flight`>", as file numbers; `child_process` passes it."""
        pipe, _, shared = (files or "").partition(",")
        self._pipe = int(pipe) if pipe else None
        self._opened = None if self._pipe is None else _identity(self._pipe)
        if shared:
            in_flight.share(int(shared))
        if self._pipe is not None:
            end_with_parent()  # a hung process never sends its next event, which would say that nobody reads it
            set_memory_kill(KILLED_FIRST)  # this process, not its supervisor, which has a row to write

    def send(self, event: str, **facts: object) -> None:
        """Send one event. Raises SupervisorGone if nobody reads any more."""
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
        """Send an event that something begins. Output printed before it does not explain a later crash."""
        printed = 0
        with suppress(OSError, ValueError):  # a callable may have closed its output
            sys.stdout.flush()
            printed = os.fstat(1).st_size
        self.send(event, **facts, printed=printed)

    def end(self) -> None:
        """Send that all is done, run the exit handlers and end this process; does nothing without a pipe.

        A normal exit would first take torch apart, for most of a second. Raises SupervisorGone like `send`.
        """
        if self._pipe is None:
            return
        self.send("end")
        atexit._run_exitfuncs()
        os._exit(0)


def _identity(descriptor: int) -> tuple[int, int]:
    """Which file a file number refers to."""
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


@dataclass
class Child:
    """The supervisor's side: a process, the pipe of its events, and the log of its output."""

    process: subprocess.Popen
    pipe: IO[bytes]
    log: IO[bytes]
    shared: IO[bytes] | None = None
    kills_before: int | None = None  #: the kernel's kills for lack of memory before it was started
    _events: deque[dict[str, Any]] = field(default_factory=deque)
    _unfinished_line: bytes = b""
    _begun_at: int = 0  #: size of the log when the last thing began

    def event(self, limit_s: float) -> dict[str, Any] | None:
        """The next event; None if the process ended or closed its pipe. Raises Hung after `limit_s`."""
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
        return read_within(self.pipe.fileno(), self.process, limit_s)

    def status(self, limit_s: float) -> int:
        """Its exit status, or minus the signal that ended it. Raises Hung if it does not end in `limit_s`."""
        status = status_within(self.process, limit_s)
        if status is None:
            raise Hung(limit_s)
        return status

    def variant(self) -> str | None:
        """The variant that runs, or ran when the process died."""
        return in_flight.variant_in(os.pread(self.shared.fileno(), 1, 0)) if self.shared else None

    def cause(self, status: int, printed: str = "") -> str:
        """How it ended, in one sentence: see `cause_of_end`."""
        return cause_of_end(status, printed, self.killed_for_memory(status))

    def last_words(self) -> str:
        """What it printed since the last thing began."""
        return self.printed(self._begun_at)

    def killed_for_memory(self, status: int) -> bool | None:
        """Whether the kernel killed it for lack of memory; None where the kernel keeps no count."""
        kills = cgroup.oom_kills()
        if status != -signal.SIGKILL:
            return False
        return None if kills is None or self.kills_before is None else kills > self.kills_before

    def printed(self, since: int = 0, most: int = 2**16) -> str:
        """The last `most` bytes of its output, from byte `since` of the log on."""
        size = os.fstat(self.log.fileno()).st_size
        start = max(since, size - most)
        # Not read(): the log's position belongs to the process.
        return os.pread(self.log.fileno(), max(0, size - start), start).decode(errors="replace").strip()


def _event(line: bytes) -> dict[str, Any] | None:
    """An event; None for anything else in the pipe: a callable may write to its number by mistake."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "event" in found else None


@contextmanager
def child_process(
    command: Sequence[str], environment: Mapping[str, str], stdin: IO | int = subprocess.DEVNULL
) -> Iterator[Child]:
    """Start `command`, with the argument for `Events` added last. At the end it is killed with all that it started."""
    reader, writer = os.pipe()
    pipe, kills_before = os.fdopen(reader, "rb", buffering=0), cgroup.oom_kills()
    with pipe, temporary_file() as log, temporary_file() as shared:
        with names_folder():
            os.write(shared.fileno(), bytes(1))  # now, not as a hole: the disk may be full later
        try:
            process = subprocess.Popen(
                [*command, f"{writer},{shared.fileno()}"],
                env=environment,
                stdin=stdin,
                stdout=log,
                stderr=log,
                pass_fds=(writer, shared.fileno()),
                start_new_session=True,  # Ctrl-C is for the supervisor alone; compilers end with the process
            )
        finally:
            os.close(writer)
        with orphans_ended():
            try:
                yield Child(process, pipe, log, shared, kills_before)
            finally:
                end_group(process)


@contextmanager
def child_module(module: str, arguments: Sequence[str] = (), stdin: IO | int = subprocess.DEVNULL) -> Iterator[Child]:
    """Start `python -m module arguments` of this suite, with the compiler in that one process."""
    path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, **COMPILE_HERE}
    with child_process([sys.executable, "-m", module, *arguments], environment, stdin) as child:
        yield child
