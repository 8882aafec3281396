"""Open regular files only: reading a FIFO may never begin, reading a device may never end."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read. OSError if it is not regular: a FIFO waits for a writer, and /dev/zero has no end."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "is a pipe, a socket or a device, and no file", str(path))


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file. OSError if it cannot be read."""
    with open_regular(path) as file:
        return file.read()


def read_text(path: Path) -> str:
    """The text of a regular UTF-8 file. OSError, UnicodeDecodeError."""
    return read_bytes(path).decode()
