"""Which signals end a run: as Ctrl-C does, as partial, with its lock let go and its processes ended."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

#: For `--help`.
SIGNALS = (
    "Ctrl-C (SIGINT), SIGTERM and SIGHUP end a run as partial, with status 130; --resume finishes it. What is ignored "
    "from the start stays ignored: SIGHUP under nohup, SIGINT in the background of a shell without job control."
)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM, and SIGHUP unless it was ignored when this process started, raise KeyboardInterrupt, as SIGINT does.

    SIGINT is left as Python found it: a shell without job control starts `command &` with SIGINT ignored, as Ctrl-C is
    for the command in the foreground. SIGTERM always ends a run: it is sent to this process alone.
    """
    numbers = [signal.SIGTERM, *([] if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else [signal.SIGHUP])]
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
