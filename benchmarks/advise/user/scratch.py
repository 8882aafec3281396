"""The scratch folder that steps work in: it shows the files of the user's folder, and keeps what steps write to them.

Files that can be written are copies: compiled code and processes that a step starts may write them unseen. A copy costs
nothing where the file system shares its bytes. Large files that nobody may write are links. Before Python or
`torch.save` writes through a link, a copy takes its place. `ScratchFolder.changed` finds files written nevertheless.
"""

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from stat import S_ISREG, S_IWGRP, S_IWOTH, S_IWUSR
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.advise.user.question import Question
from benchmarks.advise.user.whose_file import remember_users_folder

#: Files up to this size are copied even if nobody may write them.
COPIED_BYTES = 1 << 20
#: The most bytes of all copies together; copies that share their bytes with the user's file do not count.
ALL_COPIED_BYTES = 1 << 30
#: The request of `ioctl` that makes a file share the bytes of another until one of them is written (Linux).
_SHARE_BYTES = 0x40049409
#: The most files and folders that are shown; more would take seconds per process.
MOST_ENTRIES = 20_000
_WRITABLE = S_IWUSR | S_IWGRP | S_IWOTH
#: Not shown: caches, and virtual environments, which Python finds without the current folder.
_LEFT_OUT, _ENVIRONMENT = ("__pycache__", "node_modules"), "pyvenv.cfg"


class TooManyFiles(ValueError):
    """The user's folder cannot be shown, because it holds too many files or bytes; the message is one line."""


@dataclass
class ScratchFolder:
    """One scratch folder, and the user's files that it shows as links."""

    path: Path
    linked: dict[str, tuple[int, int]] = field(default_factory=dict)  #: by file, its bytes and time of last change (ns)
    copied_bytes: int = 0
    entries: int = 0  #: files and folders found in the user's folder

    def changed(self) -> list[str]:
        """Return the linked files of the user that have changed: through their link, or by another program."""
        return [file for file, before in self.linked.items() if _state(file) not in (None, before)]


@contextmanager
def in_scratch(question: Question) -> Iterator[tuple[Question, ScratchFolder | None]]:
    """Yield the question for one process, and its new scratch folder, which is deleted at the end of this block.

    Without `--scratch`, the question is unchanged and the folder is None. TooManyFiles as in `scratch_folder`.
    """
    if not question.scratch:
        yield question, None
        return
    with scratch_folder(Path.cwd()) as scratch:
        yield replace(question, folder=str(scratch.path)), scratch


@contextmanager
def scratch_folder(of: Path) -> Iterator[ScratchFolder]:
    """Yield a new scratch folder that shows the folder `of`; it is deleted at the end of this block.

    TooManyFiles if `of` holds more than MOST_ENTRIES entries, or more than ALL_COPIED_BYTES bytes to copy.
    """
    with TemporaryDirectory(prefix="advise-scratch-", ignore_cleanup_errors=True) as name:
        scratch = ScratchFolder(Path(name).resolve())
        _show(of.resolve(), scratch.path, scratch)
        yield scratch


def _show(folder: Path, shown: Path, scratch: ScratchFolder) -> None:
    try:
        entries = list(os.scandir(folder))
    except PermissionError:
        return
    scratch.entries += len(entries)
    if scratch.entries > MOST_ENTRIES:
        raise TooManyFiles(f"the current folder holds more than {MOST_ENTRIES} files, too many to show in another")
    for entry in entries:
        to = shown / entry.name
        with suppress(PermissionError, FileNotFoundError):  # not readable, or a broken link
            if entry.is_dir(follow_symlinks=False):
                if _is_shown(entry, scratch.path):
                    to.mkdir()
                    _show(Path(entry.path), to, scratch)
            elif entry.is_dir():
                to.symlink_to(os.path.realpath(entry.path))  # the user's own link to another folder
            elif S_ISREG(entry.stat().st_mode):
                _show_file(os.path.realpath(entry.path), entry.stat(), to, scratch)


def _is_shown(entry: os.DirEntry[str], own: Path) -> bool:
    hidden = entry.name.startswith(".") or entry.name in _LEFT_OUT
    return not (hidden or Path(entry.path) == own or Path(entry.path, _ENVIRONMENT).exists())


def _show_file(file: str, found: os.stat_result, to: Path, scratch: ScratchFolder) -> None:
    if found.st_size > COPIED_BYTES and not found.st_mode & _WRITABLE:
        if (state := _state(file)) is not None:
            to.symlink_to(file)
            scratch.linked[file] = state
    elif found.st_size <= COPIED_BYTES or not _shares_bytes(file, to):
        scratch.copied_bytes += found.st_size
        if scratch.copied_bytes > ALL_COPIED_BYTES:
            raise TooManyFiles(
                f"the files of the current folder that can be written are larger than {ALL_COPIED_BYTES >> 20} MiB in "
                f"all, too many to copy: use chmod a-w on large files that are only read ({Path(file).name})"
            )
        shutil.copy2(file, to)


def _shares_bytes(file: str, to: Path) -> bool:
    """Make a copy that shares the bytes of the file; return False, without a copy, if the file system cannot do so."""
    try:
        with Path(file).open("rb") as source, to.open("xb") as target:
            fcntl.ioctl(target.fileno(), _SHARE_BYTES, source.fileno())
        shutil.copystat(file, to)
    except OSError:
        to.unlink(missing_ok=True)
        return False
    return True


def _state(file: str) -> tuple[int, int] | None:
    try:
        found = Path(file).stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def work_in_scratch(folder: str) -> None:
    """Make this process work in a scratch folder until it ends; in the user's own folder, if `folder` is empty.

    It cannot be undone: Python has no way to remove an audit hook.
    """
    remember_users_folder()
    if not folder:
        return
    os.chdir(folder)
    save, inside = torch.save, folder + os.sep

    def before_a_write(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and writes(*arguments[1:3]):
            _own(arguments[0], inside, keeps=not _empties(*arguments[1:3]))
        elif event in ("os.truncate", "os.chmod", "os.utime", "sqlite3.connect"):
            _own(arguments[0], inside)

    def save_to_a_copy(obj: object, f: Any, *arguments: Any, **options: Any) -> None:
        _own(f, inside, keeps=False)  # C code writes the file, which no audit hook sees
        save(obj, f, *arguments, **options)

    sys.addaudithook(before_a_write)
    torch.save = save_to_a_copy


def writes(mode: object, flags: object) -> bool:
    """Whether `open` with these arguments can write to the file."""
    by_flags = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return by_flags or (isinstance(mode, str) and any(letter in mode for letter in "wax+"))


def _empties(mode: object, flags: object) -> bool:
    return bool(isinstance(flags, int) and flags & os.O_TRUNC) or (isinstance(mode, str) and "w" in mode)


def _own(path: object, inside: str, keeps: bool = True) -> None:
    """Replace a link of the scratch folder by a copy of its file; do nothing for other paths.

    `inside`: the path of the scratch folder. If not `keeps`, only remove the link: the whole file is written again.
    """
    if not isinstance(path, str | bytes | os.PathLike):
        return
    name = os.fsdecode(path)
    link = Path(os.path.realpath(Path(name).parent), Path(name).name)
    if str(link).startswith(inside) and link.is_symlink() and link.is_file():
        if not keeps:
            link.unlink()
            return
        copy = link.with_name(f"{link.name}.advise-copy")
        with link.open("rb") as source, copy.open("xb") as target:
            shutil.copyfileobj(source, target)
        copy.replace(link)
