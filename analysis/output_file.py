"""Writes a file of a report or of a comparison, and its folder where that is missing."""

from pathlib import Path


class OutputError(OSError):
    """A file could not be written. The message is one line that names it."""


def write_output(path: Path, content: str | bytes) -> None:
    """Write text in UTF-8, or bytes; OutputError where it cannot."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from None
