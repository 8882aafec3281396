"""Which errors are torch's answer to a question, and which leave it unanswered."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.measure.machine_errors import is_the_machines

#: What torch raises where it refuses.
Errors = (RuntimeError, NotImplementedError, TypeError, ValueError, IndexError)


class NoCaseError(Exception):
    """The question does not arise for a pair, or could not be asked; the message says why."""


def refusal(error: Exception) -> Exception:
    """`error`, torch's answer. NoCaseError where it is the machine's: torch may do, in more memory, what was asked."""
    if is_the_machines(error):
        raise NoCaseError(f"could not be asked here: {one_line(error)}") from error
    return error


@contextmanager
def asking() -> Iterator[None]:
    """Raise NoCaseError in place of an error of the machine."""
    try:
        yield
    except Exception as error:
        refusal(error)
        raise


def one_line(error: Exception) -> str:
    """The first line of an error's text that says something, without torch's hints."""
    lines = [line for line in str(error).splitlines() if line.strip() and not line.endswith("raised:")]
    lines = lines or [type(error).__name__]
    return lines[0].split(" Hint:")[0][:300]
