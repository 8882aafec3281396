"""Stored files packed without loss: `measurements.jsonl` can also be read from `measurements.jsonl.xz`.

A repository's runs are text with many similar numbers: packed, they take a tenth to a sixtieth of the bytes. Only
complete files are packed: nothing is appended to a packed file.
"""

import errno
import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from benchmarks.record.regular_file import open_regular, read_bytes
from benchmarks.record.whole_file import write_whole

SUFFIX = ".xz"


def packed_path(path: Path) -> Path:
    """The path of a file's packed form."""
    return path.with_name(path.name + SUFFIX)


def is_packed(path: Path) -> bool:
    """Whether only the packed form of a file exists. If both exist, the file itself counts."""
    return not path.exists() and packed_path(path).exists()


@contextmanager
def open_stored(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to read, packed or not. OSError, also while reading; FileNotFoundError if neither form exists."""
    if not is_packed(path):
        with open_regular(path) as file:
            yield file
        return
    try:
        with open_regular(packed_path(path)) as file, lzma.open(file) as unpacked:
            yield unpacked
    except (EOFError, lzma.LZMAError) as error:
        raise OSError(errno.EIO, f"is damaged ({error})", str(packed_path(path))) from None


def pack_file(path: Path) -> Path:
    """Write the packed form of a file next to it, and return its path; the file itself stays. Raises OSError.

    The packed form is unpacked again and compared byte by byte before it gets its name.
    """
    content, target = read_bytes(path), packed_path(path)
    data = lzma.compress(content, preset=9 | lzma.PRESET_EXTREME)
    if lzma.decompress(data) != content:
        raise OSError(errno.EIO, "is not the same once packed", str(path))
    write_whole(target, data)
    return target
