"""An open file as a lock (flock), freed when its process ends in any way. Standard library only.

The machine's locks are in a folder where every user may write, so a file there is not trusted: it may be a link to
another file that would be overwritten, a FIFO, or a user's private file.
"""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.record.reason import escaped

#: Errors of a file system without locks, or one that locks only files open for writing, which excludes folders (NFS).
_LOCKS_NOTHING = (errno.EBADF, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP)
_ASK_S = 0.05  #: how often a lock is tried that another process holds


class Held(RuntimeError):
    """Another process holds the lock. The message is what that process wrote into the file; a folder has none."""


class NotFreed(RuntimeError):
    """Another process held the lock for longer than one was ready to wait; the message is one line."""


@contextmanager
def locked_file(path: Path, text: str, shared: bool = False) -> Iterator[None]:
    """Hold the lock of a file, made if missing, or raise Held. The file stores `text` for refused processes.

    `shared`: share it with others that do the same; the text is the last one's. OSError for a file that cannot be a
    lock.
    """
    handle = _open_and_lock(path, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
    try:
        os.ftruncate(handle, 0)  # only now: until here the text is another process's
        with suppress(OSError):  # on a full disk the holder is not named, but the lock is held
            os.pwrite(handle, text.encode(errors="replace"), 0)
        yield
    finally:
        if not shared:
            os.ftruncate(handle, 0)
        os.close(handle)


@contextmanager
def held_in_turn(path: Path, limit_s: float) -> Iterator[int]:
    """Hold the lock of a file of this user, after whoever holds it now; NotFreed, one line, if that takes longer.

    Yields the open file: a process that inherits it holds it too, until it has ended. On a file system without locks,
    nothing is held.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        ends = time.monotonic() + limit_s
        while not _try_to_lock(handle):
            if time.monotonic() > ends:
                raise NotFreed(f"{path} is held by a process that does not end")
            time.sleep(_ASK_S)
        yield handle
    finally:
        os.close(handle)


def _try_to_lock(handle: int) -> bool:
    """Lock an open file; False if another process holds it. True, and nothing is held, without locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _LOCKS_NOTHING:
            raise
    return True


@contextmanager
def locked_folder(path: Path) -> Iterator[None]:
    """Hold the lock of a folder, or raise Held. On a file system without locks, nothing is held."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if not _try_to_lock(handle):
            raise Held
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
        os.close(handle)  # removed in between, as by a cleaner: another process may lock a new one


def _open(path: Path) -> int:
    """Open a file that every user can read and write: the next process may be another user's."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK  # O_NONBLOCK for a FIFO
    while True:
        with suppress(FileNotFoundError):
            try:
                return os.open(path, flags)  # no O_CREAT: in a sticky folder it is refused for another user's file
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
