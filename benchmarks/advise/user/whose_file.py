"""Tell whose a source file is: the user's own, an installed package's, torch's, Python's, or this suite's."""

import functools
import os
from collections.abc import Callable
from pathlib import Path

from benchmarks.tracking.site import TORCH, path_below

_OURS = str(Path(__file__).resolve().parents[2]) + os.sep
_STANDARD = os.path.realpath(Path(os.__file__).parent) + os.sep
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


#: The user's folder, if it was remembered: a process may work in another one.
_USERS: list[Path] = []


def remember_users_folder() -> None:
    """Remember the current folder as the user's, before this suite or the user's code changes to another one."""
    _USERS[:] = [Path.cwd()]


def users_folder() -> Path:
    """Return the folder in which the user typed the command."""
    return _USERS[0] if _USERS else Path.cwd()


@functools.cache
def is_own(file: str) -> bool:
    """Whether a file exists and is the user's: not of an installed package, of Python, or of this suite."""
    if file.startswith(TORCH):
        return False
    real = os.path.realpath(file)
    return not any(part in real for part in _INSTALLED) and not real.startswith((_STANDARD, _OURS)) and _exists(real)


@functools.cache
def calls_torch(file: str) -> bool:
    """Whether a file is the user's, or of a package other than torch: its functions may return their own arguments."""
    return is_own(file) or _is_of_package(os.path.realpath(file))


def path_as_shown(file: str) -> str:
    """Return a file's path as it is shown and stored.

    It is relative to the folder of installed packages, to Python's, or to the user's, if the file lies in one of them.
    """
    for part in _INSTALLED:
        _, installed, rest = file.rpartition(part)
        if installed:
            return rest
    if file.startswith(_STANDARD):  # python3.11/copy.py, wherever it is installed
        return str(Path(file).relative_to(Path(_STANDARD).parent))
    return path_below(file, users_folder())


def site_files(only: str) -> Callable[[str], bool]:
    """Return a function that tells whether a file may hold sites.

    These are the files below the path `only`; if it is empty, the user's files and those of packages other than torch.
    """
    below = os.path.realpath(users_folder() / only) if only else ""

    def is_site(file: str) -> bool:
        real = os.path.realpath(file)
        if below:
            return real == below or real.startswith(below + os.sep)
        return is_own(file) or _is_of_package(real)

    return is_site


def _is_of_package(real: str) -> bool:
    return any(part in real for part in _INSTALLED) and not real.startswith(os.path.realpath(TORCH)) and _exists(real)


def _exists(real: str) -> bool:
    return Path(real).is_file()
