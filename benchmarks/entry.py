"""A command's process: its exit status, a mistake in one line, what signals do to it, where its output goes.

Standard library only, and little of it: this is loaded before what takes a second to load.
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

from benchmarks.waits import status_within

if TYPE_CHECKING:
    import subprocess

#: Exit statuses, which scripts rely on. FAILED is a failure of the suite, and what `compare` answers where something
#: got worse.
DONE, FAILED, USER_ERROR, INTERRUPTED = 0, 1, 2, 130

#: For `--help`.
SIGNALS = (
    "Ctrl-C (SIGINT), SIGTERM and SIGHUP end a run as partial, with status 130; --resume finishes it. What is ignored "
    "from the start stays ignored: SIGHUP under nohup, SIGINT in the background of a shell without job control."
)

#: A second signal so soon after the first comes from the same hand: `timeout` sends each one twice.
SAME_SIGNAL_S = 1.0

#: A command that was told to stop has this long to store its state.
STOP_S = 15.0

_STREAMS = ("standard input", "standard output", "standard error")
#: What writing answers where the reader of a pipe has gone (`| head`), and where a terminal was closed.
_NO_READER = (errno.EPIPE, errno.EIO)


class OneLineParser(argparse.ArgumentParser):
    """argparse, but a wrong command line gets one line, like every other user's error; its commands' likewise.

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
    """argparse's type of a path. An empty one would be the current folder: a variable of a script was not set."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty: name a file or a folder")
    return Path(text)


def enter(command: Callable[[], int]) -> NoReturn:
    """Load and run a command, and exit with its status.

    A signal that comes while it is loaded, or after it has ended, ends this process at once: an exception out of the
    middle of an import would be torch's or numpy's to catch, or to answer with another.
    """
    _on_signals(lambda number, frame: _end_at_once())
    _open_closed_streams()
    sys.stdout, sys.stderr = _output(1, sys.stdout, "replace"), _output(2, sys.stderr, "backslashreplace")
    try:
        status = command()
    except SystemExit as end:  # argparse's
        status = end.code
    status = _after_flush(status)
    if status == INTERRUPTED:  # Python ends by the signal itself where the interrupt came out of code in exec()
        os._exit(INTERRUPTED)
    sys.exit(status)


class Interrupted(KeyboardInterrupt):
    """A signal that ends the command. Plain KeyboardInterrupt may be what a measured callable raises by itself."""


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP raise Interrupted, once; a later one ends the process at once.

    SIGINT and SIGHUP that were ignored when this process started stay so: a shell without job control starts
    `command &` with SIGINT ignored, as Ctrl-C is for the command in the foreground; nohup starts it with SIGHUP
    ignored. SIGTERM always ends a run: it is sent to this process alone.
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


def run_command(words: Sequence[str], limit_s: float | None = None, stdout: TextIO | None = None) -> int | None:
    """The exit status of another command; None where it did not end in `limit_s`.

    Then, and where this process is interrupted, perhaps by a signal to it alone, the other is told to stop, so that it
    stores how far it came and says how to go on.

    `process.child_process` starts what may crash or hang: in a session of its own, behind a pipe, killed at the end.
    A command shares the terminal instead, so that it shows what it does and Ctrl-C reaches it too, and it is asked to
    end: it has processes of its own to end and a state to store. The analysis runs commands too, and takes no more of
    the suite than this module and what is stored.
    """
    import subprocess  # takes as long to load as all of this module

    with subprocess.Popen(words, stdout=stdout) as process:
        try:
            status = process.wait() if limit_s is None else status_within(process, limit_s)
        except KeyboardInterrupt:
            _stop(process)
            raise
        if status is None:
            _stop(process)
    return status


def _stop(process: "subprocess.Popen") -> None:
    """Ask a process to end, and kill it where it does not."""
    process.send_signal(signal.SIGTERM)
    if status_within(process, STOP_S) is None:
        process.kill()


Handler = Callable[[int, FrameType | None], object]


def _on_signals(handler: Handler) -> dict[int, Handler | int]:
    """Handle what ends a run, and return the handlers before."""
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
    """Let the standard streams that were closed at the start lead nowhere: else the next file opened would be one."""
    for number in range(len(_STREAMS)):
        try:
            os.fstat(number)
        except OSError:
            _lead_nowhere(number)


class _Output(io.TextIOWrapper):
    """A standard stream that ends no command: what is written after its reader has gone goes nowhere."""

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
            if unread or number == 1:  # of standard output, a part is no output; another line on errors may succeed
                _lead_nowhere(number)  # what the next flush would try again as well
            if not unread:
                raise OSError(error.errno, error.strerror, _STREAMS[number]) from None


def _output(number: int, stream: TextIO | None, errors: str) -> TextIO:
    """A standard stream with the settings that Python gave it (None: it was closed), as an `_Output`."""
    return _Output(
        io.BufferedWriter(io.FileIO(number, "w", closefd=False)),
        encoding=getattr(stream, "encoding", None),
        errors=errors,
        line_buffering=getattr(stream, "line_buffering", False),
        write_through=getattr(stream, "write_through", False),
    )


def _lead_nowhere(number: int) -> None:
    """Open a file descriptor, which may be closed, or open already, onto nothing; children get it as well."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, number)
    if null != number:
        os.close(null)
    os.set_inheritable(number, True)


def _after_flush(status: int | str | None) -> int | str | None:
    """The status of a command whose output is written, as far as it can be."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            if stream is sys.stdout:
                with suppress(OSError):
                    print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
                status = status or USER_ERROR
            # Python would try again at its own end, and put a status of its own in place of this one.
            _lead_nowhere(stream.fileno())
    return status
