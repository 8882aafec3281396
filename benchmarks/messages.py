"""A command's messages on standard error, one line each: a warning, or why it refuses."""

import sys
from contextlib import suppress

from benchmarks.entry import USER_ERROR
from benchmarks.record.reason import escaped


def warn(line: str) -> None:
    """Print a line on standard error; without a terminal do nothing, and the exit status stays the same."""
    with suppress(OSError):
        print(line, file=sys.stderr)


def refuse(line: str, status: int = USER_ERROR) -> int:
    """Print what is wrong with the user's input, escaped; returns the exit status, that of a user's error."""
    warn(f"error: {escaped(line)}")
    return status
