"""What a command says on standard error, in one line: a warning, or why it refuses."""

import sys
from contextlib import suppress

from benchmarks.entry import USER_ERROR
from benchmarks.record.reason import escaped


def warn(line: str) -> None:
    """Print a line on standard error. Where there is no terminal any more, nothing: the exit status is the same."""
    with suppress(OSError):
        print(line, file=sys.stderr)


def refuse(line: str) -> int:
    """Say what is wrong with what the user gave, whatever that holds; the exit status of a user's error."""
    warn(f"error: {escaped(line)}")
    return USER_ERROR
