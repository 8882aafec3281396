"""Files that are there complete or not at all: a reader, or a kill, sees the old file or the new one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path, by_several: bool = False) -> Iterator[Path]:
    """A path next to `path` to write to: it becomes `path` where the block ends, and is deleted where it raises.

    What is there already is deleted first: a killed process left it, or somebody else made a FIFO or a link.
    `by_several`: several processes may write this file at once, so each writes to a path of its own. Raises OSError.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.new" if by_several else f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    try:
        yield unfinished
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file, in UTF-8 if it is text, or replace the one that is there. Raises OSError."""
    with whole_file(path) as unfinished:
        unfinished.write_bytes(content.encode() if isinstance(content, str) else content)
