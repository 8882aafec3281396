"""Which errors are torch's answer to a question, and which leave it unanswered."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.measure.machine_errors import is_the_machines
from benchmarks.record.reason import filled_lines, without_hint

#: Errors that torch raises when it refuses.
Errors = (RuntimeError, NotImplementedError, TypeError, ValueError, IndexError)


class NoCaseError(Exception):
    """The question does not arise for a pair, or could not be asked; the message says why."""


def refusal(error: Exception) -> Exception:
    """`error` itself if it is torch's answer. NoCaseError if it is the machine's: with more memory it may work."""
    if is_the_machines(error):
        raise NoCaseError(f"could not be asked here: {one_line(error)}") from error
    return error


@contextmanager
def no_case_on_machine_error() -> Iterator[None]:
    """Replace an error of the machine by NoCaseError."""
    try:
        yield
    except Exception as error:
        refusal(error)
        raise


def one_line(error: Exception) -> str:
    """The first line of an error's text that is not empty, without torch's hints."""
    lines = [line for line in filled_lines(error) if not line.endswith("raised:")]
    return without_hint((lines or [type(error).__name__])[0])[:300]
