"""An open file as a lock (flock), freed when its process ends in any way. Standard library only.

Every user may write into the folder of the machine's locks. So a file there is not trusted: it may be a link to another
file that would be overwritten, a FIFO, or a user's private file.
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

#: Errors of a file system without locks. NFS also raises one for a folder: it only locks files that are open to write.
_LOCKS_NOTHING = (errno.EBADF, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP)
_ASK_S = 0.05  #: seconds between two attempts to get a lock


class Held(RuntimeError):
    """Another process holds the lock. The message is what that process wrote into the file; a folder has no text."""


class NotFreed(RuntimeError):
    """Another process held the lock for longer than the limit; the message is one line."""


@contextmanager
def locked_file(path: Path, text: str, shared: bool = False) -> Iterator[None]:
    """Hold the lock of a file inside this block, or raise Held. A missing file is made.

    The file stores `text`, which is shown to refused processes. `shared`: share the lock with processes that also share
    it; the text is that of the last one. OSError if the file cannot be a lock.
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
    """Wait for the lock of a file of this user, and hold it inside this block. NotFreed after `limit_s` seconds.

    Yields the open file. A process that inherits it also holds the lock, until it ends. On a file system without locks,
    nothing is held. OSError if the file cannot be opened.
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
    """Lock an open file. Returns False if another process holds the lock, and True otherwise.

    On a file system without locks it returns True, and nothing is held.
    """
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
    """Hold the lock of a folder inside this block, or raise Held. OSError if the folder cannot be opened.

    On a file system without locks, nothing is held.
    """
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
        os.close(handle)  # the file was removed in between, as by a cleaner: another process may lock a new file


def _open(path: Path) -> int:
    """Open a lock file, or make one that every user can read and write: the next process may be another user's."""
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
            os.fchmod(handle, 0o666)  # the umask may forbid it above
            return handle


def _check(handle: int, path: Path) -> None:
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "is no regular file; remove it", str(path))
    if found.st_nlink > 1:
        raise OSError(errno.EMLINK, "is another file as well (a hard link); remove it", str(path))


def _is_there(handle: int, path: Path) -> bool:
    """Return whether the path still leads to the open file."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), path.lstat())
    return False
