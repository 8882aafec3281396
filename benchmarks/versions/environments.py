"""A Python environment per version of torch, with this suite and that torch, pinned. It is made once and kept.

It is made with uv if that is installed, else with venv and pip. torch is installed first and alone, so that the
installation of the suite finds it. The environment is made in a private folder, which is then renamed: a folder that
machines share may have no locks.
"""

import errno
import hashlib
import importlib.metadata
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import benchmarks
from benchmarks.record.regular_file import read_bytes
from benchmarks.record.versions import release
from benchmarks.versions.install_failure import why_not_installed

ENVIRONMENTS = Path(".venvs")
OLDEST = (2, 6)

_PROJECT = Path(benchmarks.__file__).parents[1]
_STAMP = "ready"  #: a file in the environment that says what it was made of


class EnvironmentFailed(ValueError):
    """An environment that cannot be made here, or a version that cannot be used; the message is one line."""


def pinned_version(text: str) -> str:
    """Return a version of torch as it is pinned, such as 2.13.0. EnvironmentFailed if it is no version, or too old."""
    match = re.fullmatch(r"(\d{1,3})\.(\d{1,3})\.\d{1,3}((a|b|rc)\d{1,3})?", text)
    if match is None:
        raise EnvironmentFailed(f"{text}: not a version of torch (such as 2.13.0)")
    if (int(match[1]), int(match[2])) < OLDEST:
        raise EnvironmentFailed(f"{text}: this suite needs torch {'.'.join(map(str, OLDEST))} or later")
    return text


def interpreter_of(version: str, folder: Path = ENVIRONMENTS, locks: Sequence[int] = ()) -> Path:
    """Return the interpreter of the environment with this version of torch. A missing environment is made.

    To make it takes minutes and gigabytes. If there is none and this process has that version, its own interpreter is
    returned. `locks`: open files that the processes which make the environment inherit: so their locks are held until
    these processes end, also if this process ends earlier. EnvironmentFailed if it cannot be made.
    """
    place = (folder / f"torch-{version}").absolute()
    if _own_version() == version and not (place / _STAMP).is_file():
        return Path(sys.executable)
    made_of = _made_of(version)
    if not _is_made_of(place, made_of):
        _make(place, version, made_of, locks)
    return _python_in(place)


def _own_version() -> str:
    """Return the version of this process's torch; "" without torch, as on a machine with only Ray."""
    try:
        return release(importlib.metadata.version("torch"))
    except importlib.metadata.PackageNotFoundError:
        return ""


def _made_of(version: str) -> str:
    """Return what an environment is made of, as its stamp says: the version of torch, and a hash of pyproject.toml."""
    declared = _PROJECT / "pyproject.toml"
    if not declared.is_file():
        raise EnvironmentFailed(f"torch {version}: its environment needs a checkout of this suite; {_PROJECT} is none")
    return f"torch=={version} {hashlib.sha256(read_bytes(declared)).hexdigest()}\n"


def _is_made_of(place: Path, made_of: str) -> bool:
    stamp = place / _STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == made_of


def _make(place: Path, version: str, made_of: str, locks: Sequence[int]) -> None:
    """Make an environment in a private folder, and rename it to `place`.

    Scripts in it name the folder in which it was made, so they do not work. Only its interpreter is used, which does.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    _clear_unfinished(place)
    own = _unfinished(place)
    with tempfile.TemporaryDirectory(prefix=own, dir=place.parent, ignore_cleanup_errors=True) as scratch:
        made = Path(scratch) / "made"
        _install(made, version, locks)
        (made / _STAMP).write_text(made_of, encoding="utf-8")
        while not _is_made_of(place, made_of):  # another machine may have put the same there in between
            with suppress(FileNotFoundError):  # there is an environment only if it was made of something else
                place.rename(Path(scratch) / f"old-{time.time_ns()}")
            try:
                made.rename(place)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise


def _unfinished(place: Path) -> str:
    """Return the beginning of the names of this process's private folders: environment, machine and process."""
    return f".{place.name}@{socket.gethostname()}@{os.getpid()}@"


def _clear_unfinished(place: Path) -> None:
    """Remove the private folders of processes of this machine that were killed. They hold gigabytes."""
    before = _unfinished(place).removesuffix(f"{os.getpid()}@")
    for folder in place.parent.glob(f"{before}*"):
        process = folder.name.removeprefix(before).partition("@")[0]
        if process.isdigit() and not _is_running(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def _install(place: Path, version: str, locks: Sequence[int]) -> None:
    python, uv = _python_in(place), shutil.which("uv")
    if uv:
        create, install = [uv, "venv", "--python", sys.executable], [uv, "pip", "install", "--python", str(python)]
    else:
        create, install = [sys.executable, "-m", "venv"], [str(python), "-m", "pip", "install"]
    for command in ([*create, str(place)], [*install, f"torch=={version}"], [*install, "--editable", str(_PROJECT)]):
        _run(command, version, locks)


def _run(command: Sequence[str], version: str, locks: Sequence[int]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", pass_fds=locks)
    except OSError as error:
        raise EnvironmentFailed(f"torch {version}: {command[0]}: {error.strerror}") from None
    if done.returncode:
        why = why_not_installed(done.stderr, done.stdout, done.returncode)
        python = ".".join(platform.python_version_tuple()[:2])
        raise EnvironmentFailed(f"torch {version}: no environment with it can be made here with Python {python}: {why}")


def _python_in(place: Path) -> Path:
    return place / "bin" / "python"
