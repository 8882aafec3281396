"""Temporary files whose errors name the folder: a failed write to an open file names none."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO


@contextmanager
def temporary_file() -> Iterator[IO[bytes]]:
    """A temporary file, deleted when its `with` block ends; an OSError from making it names the folder."""
    with names_folder():
        file = tempfile.TemporaryFile()  # noqa: SIM115  # errors of using it later have their own names
    with file:
        yield file


@contextmanager
def names_folder() -> Iterator[None]:
    """Inside, an OSError without a file name gets the name of the folder for temporary files."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = _folder()
        raise


def folder_of_output(error: OSError) -> str | None:
    """The temporary folder, if this process's standard output is there and fails like `error`; otherwise None."""
    try:
        os.write(1, b"\n")
    except OSError as again:
        return _folder() if again.errno == error.errno else None
    return None


def _folder() -> str:
    with suppress(FileNotFoundError):  # no folder can be used
        return tempfile.gettempdir()
    return "TMPDIR"
