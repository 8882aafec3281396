"""A scratch folder that steps work in: it shows the files of the user's folder, and keeps what is written to them.

What can be written is a copy: compiled code, and processes that a step starts, write where no hook of ours sees it.
Where the file system shares the bytes of copies, a copy costs nothing. Large files that nobody may write are links;
before Python or `torch.save` writes through one, a copy takes its place. `changed` sees what did so all the same.
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

from benchmarks.advise.question import Question
from benchmarks.advise.whose_file import remember_users_folder

#: Files up to this size are copied though nobody may write them.
COPIED_BYTES = 1 << 20
#: All copies together hold no more; those that share their bytes with the user's file do not count.
ALL_COPIED_BYTES = 1 << 30
#: The request of `ioctl` that makes a file share the bytes of another until one of them is written (Linux).
_SHARE_BYTES = 0x40049409
#: More entries than these would take seconds per process.
MOST_ENTRIES = 20_000
_WRITABLE = S_IWUSR | S_IWGRP | S_IWOTH
#: Not shown: caches, and environments, which Python finds without the current folder.
_LEFT_OUT, _ENVIRONMENT = ("__pycache__", "node_modules"), "pyvenv.cfg"


class TooManyFiles(ValueError):
    """The user's folder cannot be shown, for it holds too many files or bytes; the message is one line."""


@dataclass
class ScratchFolder:
    """The folder, and what it shows by links."""

    path: Path
    linked: dict[str, tuple[int, int]] = field(default_factory=dict)  #: the user's files: bytes, time of last change
    copied_bytes: int = 0
    entries: int = 0

    def changed(self) -> list[str]:
        """The user's files that were written through their links after all, or by others meanwhile."""
        return [file for file, before in self.linked.items() if _state(file) not in (None, before)]


@contextmanager
def in_scratch(question: Question) -> Iterator[tuple[Question, ScratchFolder | None]]:
    """The question to one process, with a new scratch folder for it where one is asked for. TooManyFiles."""
    if not question.scratch:
        yield question, None
        return
    with scratch_folder(Path.cwd()) as scratch:
        yield replace(question, folder=str(scratch.path)), scratch


@contextmanager
def scratch_folder(of: Path) -> Iterator[ScratchFolder]:
    """A new one that shows `of`; deleted at the end. TooManyFiles where it holds too many."""
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
        with suppress(PermissionError, FileNotFoundError):  # not ours to read, or a link to nowhere
            if entry.is_dir(follow_symlinks=False):
                if _is_shown(entry, scratch.path):
                    to.mkdir()
                    _show(Path(entry.path), to, scratch)
            elif entry.is_dir():
                to.symlink_to(os.path.realpath(entry.path))  # the user's own link, to another place
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
                f"all, too many to copy: take the right to write from large ones that are only read ({Path(file).name})"
            )
        shutil.copy2(file, to)


def _shares_bytes(file: str, to: Path) -> bool:
    """Whether a copy could be made that costs no bytes until it is written; else there is none."""
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
    """Make this process, which ends soon, work in a scratch folder; where `folder` is empty, in the user's own."""
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
        _own(f, inside, keeps=False)  # written by C code, which no hook sees
        save(obj, f, *arguments, **options)

    sys.addaudithook(before_a_write)
    torch.save = save_to_a_copy


def writes(mode: object, flags: object) -> bool:
    """Whether the arguments of an `open` let it write."""
    by_flags = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return by_flags or (isinstance(mode, str) and any(letter in mode for letter in "wax+"))


def _empties(mode: object, flags: object) -> bool:
    return bool(isinstance(flags, int) and flags & os.O_TRUNC) or (isinstance(mode, str) and "w" in mode)


def _own(path: object, inside: str, keeps: bool = True) -> None:
    """Where a path is a link of the scratch folder, put a copy there; none where what follows writes it anew."""
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
