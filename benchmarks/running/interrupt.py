"""Which signals end a run: as Ctrl-C does, as partial, with its lock let go and its processes ended."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: For `--help`.
SIGNALS = (
    "Ctrl-C (SIGINT), SIGTERM and SIGHUP end a run as partial, with status 130; --resume finishes it. What is ignored "
    "from the start stays ignored: SIGHUP under nohup, SIGINT in the background of a shell without job control."
)


class Interrupted(KeyboardInterrupt):
    """A signal that ends the run. Plain KeyboardInterrupt may be what a measured callable raises by itself."""


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM, and SIGINT and SIGHUP unless they were ignored when this process started, raise Interrupted.

    A shell without job control starts `command &` with SIGINT ignored, as Ctrl-C is for the command in the foreground.
    SIGTERM always ends a run: it is sent to this process alone.
    """
    may_be_ignored = (signal.SIGINT, signal.SIGHUP)
    numbers = [number for number in may_be_ignored if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGTERM, *numbers)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted(signal.Signals(number).name)
