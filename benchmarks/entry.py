"""A command's process: its exit status, one-line errors, signals and standard streams.

Standard library only, and little of it: this module is loaded before the imports that take a second.
"""

import argparse
import errno
import io
import os
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from benchmarks.waits import status_when_asked, status_within

if TYPE_CHECKING:
    import subprocess

#: Exit statuses, which scripts rely on. FAILED: the suite failed; of `compare`: something got worse.
DONE, FAILED, USER_ERROR, INTERRUPTED = 0, 1, 2, 130
#: Of `run`: another run holds the device or the folder; later the same command may do (EX_TEMPFAIL of sysexits.h).
IN_USE = 75

#: Printed by `--help`.
SIGNALS = (
    "Ctrl-C (SIGINT), SIGTERM and SIGHUP end a run as partial, with status 130; --resume finishes it. What is ignored "
    "from the start stays ignored: SIGHUP under nohup, SIGINT in the background of a shell without job control."
)

#: A second signal within this time comes from the same source: `timeout` sends each signal twice.
SAME_SIGNAL_S = 1.0

#: How long a command that is stopped has to store its state, in seconds.
STOP_S = 15.0

_STREAMS = ("standard input", "standard output", "standard error")
#: Errors of writing to a pipe whose reader is gone (`| head`), and to a closed terminal.
_NO_READER = (errno.EPIPE, errno.EIO)


class OneLineParser(argparse.ArgumentParser):
    """argparse with one line per error, as everywhere in the suite; subcommands too.

    `mistake`: that line, with the fields {message} and {prog}.
    """

    def __init__(self, *, mistake: str, **settings: Any) -> None:
        super().__init__(**settings)
        self._mistake = mistake

    def add_subparsers(self, **settings: Any) -> "argparse._SubParsersAction[OneLineParser]":
        one_line: Any = partial(OneLineParser, mistake=self._mistake)  # argparse asks for a class, and only calls it
        return super().add_subparsers(parser_class=one_line, **settings)

    def error(self, message: str) -> NoReturn:
        from benchmarks.record.reason import escaped  # the record takes longer to load than all of this

        self.exit(USER_ERROR, self._mistake.format(message=escaped(message), prog=self.prog) + "\n")


def path_of(text: str) -> Path:
    """argparse's type of a path. An empty one is an error: a script's variable was not set."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty: name a file or a folder")
    return Path(text)


def enter(command: Callable[[], int]) -> NoReturn:
    """Load and run a command, and exit with its status.

    A signal that comes while the command is loaded, or after it has ended, ends this process at once: torch or numpy
    would catch or replace an exception raised in the middle of an import.
    """
    _on_signals(lambda number, frame: _end_at_once())
    _open_closed_streams()
    sys.stdout, sys.stderr = _output(1, sys.stdout, "replace"), _output(2, sys.stderr, "backslashreplace")
    try:
        status = command()
    except SystemExit as end:  # argparse's
        status = end.code
    status = _after_flush(status)
    if status == INTERRUPTED:  # Python dies by the signal itself where the interrupt came from code in exec()
        os._exit(INTERRUPTED)
    sys.exit(status)


class Interrupted(KeyboardInterrupt):
    """A signal that ends the command. Not KeyboardInterrupt itself, which a measured callable may raise."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Make SIGINT, SIGTERM and SIGHUP raise Interrupted once; a later signal ends the process at once.

    SIGINT and SIGHUP stay ignored if they were when this process started. A shell without job control starts `command
    &` with SIGINT ignored, since Ctrl-C is for the foreground command; nohup ignores SIGHUP. SIGTERM always ends a run:
    it is sent to this process alone.
    """
    first_s: float | None = None

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal first_s
        if first_s is None:
            first_s = time.monotonic()
            raise Interrupted(signal.Signals(number).name)
        if time.monotonic() - first_s > SAME_SIGNAL_S:  # what the first one began does not end
            _end_at_once()

    before = _on_signals(interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_command(
    words: Sequence[str], limit_s: float | None = None, stdout: TextIO | None = None, folder: Path | None = None
) -> int | None:
    """The exit status of another command, run in `folder` (the current one); None where it did not end in `limit_s`.

    On that timeout, and when this process is interrupted, the command is asked to stop, so that it stores its state and
    says how to go on.

    `process.child_process` starts code that may crash or hang: in a session of its own, behind a pipe, killed at the
    end. A command instead shares the terminal: it shows its progress, and Ctrl-C reaches it too. It is asked to end,
    because it has processes of its own to end. `analysis` runs commands too, and imports only this module and the
    stored formats.
    """
    import subprocess  # takes as long to load as all of this module

    with subprocess.Popen(words, stdout=stdout, cwd=folder) as process:
        try:
            status = process.wait() if limit_s is None else status_within(process, limit_s)
        except KeyboardInterrupt:
            _stop(process)
            raise
        if status is None:
            _stop(process)
    return status


def _stop(process: "subprocess.Popen") -> None:
    """Ask a process to end, and kill it if it does not."""
    if status_when_asked(process, STOP_S) is None:
        process.kill()


Handler = Callable[[int, FrameType | None], object]


def _on_signals(handler: Handler) -> dict[int, Handler | int]:
    """Handle the signals that end a run, and return the handlers before."""
    before: dict[int, Handler | int] = {}
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number == signal.SIGTERM or signal.getsignal(number) != signal.SIG_IGN:
            before[number] = signal.signal(number, handler) or signal.SIG_DFL
    return before


def _end_at_once() -> NoReturn:
    with suppress(OSError):
        os.write(2, b"interrupted\n")
    os._exit(INTERRUPTED)


def _open_closed_streams() -> None:
    """Open standard streams that were closed at the start onto /dev/null: else the next file opened gets the number."""
    for number in range(len(_STREAMS)):
        try:
            os.fstat(number)
        except OSError:
            _redirect_to_null(number)


class _Output(io.TextIOWrapper):
    """A standard stream that discards what is written after its reader has gone, instead of ending the command."""

    def write(self, text: str, /) -> int:
        with self._readerless():
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with self._readerless():
            super().flush()

    @contextmanager
    def _readerless(self) -> Iterator[None]:
        number = self.fileno()
        try:
            yield
        except OSError as error:
            unread = error.errno in _NO_READER and not stat.S_ISREG(os.fstat(number).st_mode)
            if unread or number == 1:  # cut-off standard output is useless; on standard error another line may succeed
                _redirect_to_null(number)  # the next flush would write it again
            if not unread:
                raise OSError(error.errno, error.strerror, _STREAMS[number]) from None


def _output(number: int, stream: TextIO | None, errors: str) -> TextIO:
    """A standard stream as an `_Output` with the settings that Python gave it (None: it was closed)."""
    return _Output(
        io.BufferedWriter(io.FileIO(number, "w", closefd=False)),
        encoding=getattr(stream, "encoding", None),
        errors=errors,
        line_buffering=getattr(stream, "line_buffering", False),
        write_through=getattr(stream, "write_through", False),
    )


def _redirect_to_null(number: int) -> None:
    """Open a file descriptor, whether open or closed, onto /dev/null; child processes inherit it."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, number)
    if null != number:
        os.close(null)
    os.set_inheritable(number, True)


def _after_flush(status: int | str | None) -> int | str | None:
    """The status of a command after its output is flushed."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            if stream is sys.stdout:
                with suppress(OSError):
                    print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
                status = status or USER_ERROR
            # Python would try again at exit, and replace the status by its own.
            _redirect_to_null(stream.fileno())
    return status
