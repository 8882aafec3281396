"""An environment per version of torch: this suite and that torch, pinned; made once and kept.

uv makes it where it is installed, else venv and pip. torch is installed first and by itself: what comes after finds it.
It is made in a private folder and renamed into place: a folder that machines share may have no locks.
"""

import errno
import hashlib
import importlib.metadata
import os
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
from benchmarks.record.reason import filled_lines
from benchmarks.record.regular_file import read_bytes
from benchmarks.record.versions import release

ENVIRONMENTS = Path(".venvs")
OLDEST = (2, 6)

_PROJECT = Path(benchmarks.__file__).parents[1]
_STAMP = "ready"  #: holds what the environment was made of


class EnvironmentFailed(ValueError):
    """A version that cannot be had here; the message is one line."""


def pinned_version(text: str) -> str:
    """A version as it is pinned, such as 2.13.0. EnvironmentFailed for what is none, or too old."""
    match = re.fullmatch(r"(\d{1,3})\.(\d{1,3})\.\d{1,3}((a|b|rc)\d{1,3})?", text)
    if match is None:
        raise EnvironmentFailed(f"{text}: not a version of torch (such as 2.13.0)")
    if (int(match[1]), int(match[2])) < OLDEST:
        raise EnvironmentFailed(f"{text}: this suite needs torch {'.'.join(map(str, OLDEST))} or later")
    return text


def interpreter_of(version: str, folder: Path = ENVIRONMENTS, locks: Sequence[int] = ()) -> Path:
    """The interpreter of the environment with this torch, made now where it is not there yet: minutes, and gigabytes.

    This process's own where there is none, and its torch is of that version. `locks`: open files that what makes it
    holds too, so that nobody else begins while it outlives this process. EnvironmentFailed, one line, where it cannot
    be made.
    """
    place = (folder / f"torch-{version}").absolute()
    if _own_version() == version and not (place / _STAMP).is_file():
        return Path(sys.executable)
    made_of = _made_of(version)
    if not _is_made_of(place, made_of):
        _make(place, version, made_of, locks)
    return _python_in(place)


def _own_version() -> str:
    """The version of this process's torch; "" without one, as on a machine where only Ray is installed."""
    try:
        return release(importlib.metadata.version("torch"))
    except importlib.metadata.PackageNotFoundError:
        return ""


def _made_of(version: str) -> str:
    declared = _PROJECT / "pyproject.toml"
    if not declared.is_file():
        raise EnvironmentFailed(f"torch {version}: its environment needs a checkout of this suite; {_PROJECT} is none")
    return f"torch=={version} {hashlib.sha256(read_bytes(declared)).hexdigest()}\n"


def _is_made_of(place: Path, made_of: str) -> bool:
    stamp = place / _STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == made_of


def _make(place: Path, version: str, made_of: str, locks: Sequence[int]) -> None:
    """What scripts in it say of their place is where it was made; its interpreter, which is used here, finds itself."""
    place.parent.mkdir(parents=True, exist_ok=True)
    _clear_unfinished(place)
    own = _unfinished(place)
    with tempfile.TemporaryDirectory(prefix=own, dir=place.parent, ignore_cleanup_errors=True) as scratch:
        made = Path(scratch) / "made"
        _install(made, version, locks)
        (made / _STAMP).write_text(made_of, encoding="utf-8")
        while not _is_made_of(place, made_of):  # meanwhile another machine may have put the same there
            with suppress(FileNotFoundError):  # one that was made of something else
                place.rename(Path(scratch) / f"old-{time.time_ns()}")
            try:
                made.rename(place)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise


def _unfinished(place: Path) -> str:
    """How the folders begin in which this process makes an environment: they name it, its machine and the process."""
    return f".{place.name}@{socket.gethostname()}@{os.getpid()}@"


def _clear_unfinished(place: Path) -> None:
    """Remove what killed processes of this machine left: gigabytes."""
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
        lines = filled_lines(done.stderr or done.stdout)
        errors = [line for line in lines if "error" in line.lower()] or lines or [f"exit status {done.returncode}"]
        raise EnvironmentFailed(f"torch {version}: no environment with it can be made here: {errors[-1][:300]}")


def _python_in(place: Path) -> Path:
    return place / "bin" / "python"
