"""A folder with step files, as a user has one: run as it is and behind a patch, each time in a process of its own."""

import hashlib
import importlib
import os
import pickle
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.advise_judge.judged_bytes import peaks_of
from benchmarks.advise_judge.reach import bits_of
from benchmarks.fork import answer_of_fork

STEPS = 2
#: For the steps of one file, in seconds.
_LIMIT_S = 3600.0


@dataclass(frozen=True)
class Left:
    """What a step file leaves: per step a digest of each value within reach, and the peak; or an error."""

    digests: tuple[dict[str, bytes], ...] = ()
    peaks: tuple[int, ...] = ()
    error: str = ""


def copied(source: Path, folder: Path, more: str = "") -> Path:
    """A step file in a user's folder, with `more` at its end. It finds the files of its folder by their own names."""
    text = source.read_text(encoding="utf-8").replace("from benchmarks.advise_judge.models.", "from ")
    file = folder / source.name
    file.write_text(text + more, encoding="utf-8")
    return file


def behind_patch(folder: Path, patch: str, to: Path) -> str:
    """Copy a folder and apply a patch to it; what `git apply` says where it does not apply."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(folder, to, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(["git", "apply", "-"], input=patch, text=True, cwd=to, capture_output=True)
    return done.stderr.strip() if done.returncode else ""


def left_by(folder: Path, module: str, function: str) -> Left:
    """What the step of a file leaves after each of STEPS steps."""
    return pickle.loads(answer_of_fork(lambda: pickle.dumps(_left_by(folder, module, function)), _LIMIT_S))


def made_in(folder: Path, module: str, function: str) -> tuple[dict[str, Any], Callable[[], Callable[[], Any]]]:
    """A file's globals, and its function; this process is then the folder's for good."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True  # a file that changes twice in a second would be taken for what it was
    warnings.simplefilter("ignore")
    namespace = vars(importlib.import_module(module))
    return namespace, namespace[function]


def _left_by(folder: Path, module: str, function: str) -> Left:
    try:
        namespace, make = made_in(folder, module, function)
        step, digests = make(), []
        for _ in range(STEPS):
            bits = bits_of(step, namespace, step())
            digests.append({path: hashlib.blake2b(value).digest() for path, value in bits.items()})
        return Left(tuple(digests), peaks_of(make, STEPS))
    except Exception as error:  # a patch may have made anything of the file
        return Left(error=f"{type(error).__name__}: {error}")
