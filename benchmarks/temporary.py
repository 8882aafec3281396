"""Files for the moment. Writing to an open file names none when it fails: here such errors name TMPDIR's folder."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO


@contextmanager
def temporary_file() -> Iterator[IO[bytes]]:
    """A file that ends with its `with`; an OSError from making it names the folder."""
    with names_folder():
        file = tempfile.TemporaryFile()  # noqa: SIM115  # what is done with it later has names of its own
    with file:
        yield file


@contextmanager
def names_folder() -> Iterator[None]:
    """An OSError from inside that names no file names the folder for temporary files."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = _folder()
        raise


def folder_of_output(error: OSError) -> str | None:
    """The folder, where what this process prints lies there and fails as `error` did; else None."""
    try:
        os.write(1, b"\n")
    except OSError as again:
        return _folder() if again.errno == error.errno else None
    return None


def _folder() -> str:
    with suppress(FileNotFoundError):  # where no folder can be used
        return tempfile.gettempdir()
    return "TMPDIR"
