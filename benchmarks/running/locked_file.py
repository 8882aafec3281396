"""An open file as a lock (flock): let go with the process that holds it, however that ends. Standard library only.

The machine's locks lie where every user may write, so a file there is not trusted: it may be a link to a file that
would be written in its place, a FIFO, or somebody's private one.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.record.reason import escaped

#: What a file system answers that does not lock, or only what is open for writing, which a folder never is (NFS).
_LOCKS_NOTHING = (errno.EBADF, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP)


class Held(RuntimeError):
    """Another process holds it; the message is what that one wrote of itself, or ""."""


@contextmanager
def locked_file(path: Path, text: str, shared: bool = False) -> Iterator[None]:
    """Hold the lock of a file, made where there is none, or raise Held. It holds `text`, for whom it refuses.

    `shared`: together with others that share it, whose last one is told of. OSError for what is no file of a lock.
    """
    handle = _open_and_lock(path, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
    try:
        os.ftruncate(handle, 0)  # only now: until then it is another's
        with suppress(OSError):  # on a full disk nothing is told of the holder; the lock is held all the same
            os.pwrite(handle, text.encode(errors="replace"), 0)
        yield
    finally:
        if not shared:
            os.ftruncate(handle, 0)
        os.close(handle)


@contextmanager
def locked_folder(path: Path) -> Iterator[None]:
    """Hold the lock of a folder, or raise Held. Where its file system does not lock, nothing is held."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Held from None
        except OSError as error:
            if error.errno not in _LOCKS_NOTHING:
                raise
        yield
    finally:
        os.close(handle)


def _open_and_lock(path: Path, kind: int) -> int:
    while True:
        handle = _open(path)
        try:
            _check(handle, path)
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
            if _is_there(handle, path):
                return handle
        except BlockingIOError:
            holder = escaped(os.pread(handle, 500, 0).decode(errors="replace").strip())
            os.close(handle)
            raise Held(holder) from None
        except OSError:
            os.close(handle)
            raise
        os.close(handle)  # it was removed in between, such as by what tidies the folder up: the next one is another's


def _open(path: Path) -> int:
    """Readable and writable for every user: whoever came first may not be whoever comes next."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK  # the last for a FIFO
    while True:
        with suppress(FileNotFoundError):
            try:
                return os.open(path, flags)  # without O_CREAT: in a sticky folder it is refused for another user's file
            except OSError as error:
                if error.errno == errno.ELOOP:
                    raise OSError(errno.ELOOP, "is a symbolic link; remove it", str(path)) from None
                raise
        with suppress(FileExistsError):  # another process made it in between
            handle = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666)
            os.fchmod(handle, 0o666)  # whatever the umask
            return handle


def _check(handle: int, path: Path) -> None:
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "is no regular file; remove it", str(path))
    if found.st_nlink > 1:
        raise OSError(errno.EMLINK, "is another file as well (a hard link); remove it", str(path))


def _is_there(handle: int, path: Path) -> bool:
    """Whether the path still leads to the open file."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), path.lstat())
    return False
