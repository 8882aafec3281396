"""A folder with step files, as a user has one. It is run as it is and patched, each time in a process of its own."""

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
class StepOutcome:
    """What the step of a file does: per step, a digest of each value that can be reached, and the peak; or an error."""

    digests: tuple[dict[str, bytes], ...] = ()
    peaks: tuple[int, ...] = ()
    error: str = ""


def copied_step_file(source: Path, folder: Path, more: str = "") -> Path:
    """Return a copy of a step file in a user's folder, with `more` at its end.

    It imports the other files of its folder by their own names.
    """
    text = source.read_text(encoding="utf-8").replace("from benchmarks.advise_judge.models.", "from ")
    file = folder / source.name
    file.write_text(text + more, encoding="utf-8")
    return file


def patched_copy(folder: Path, patch: str, to: Path) -> str:
    """Copy a folder to `to` and apply a patch there. Returns "", or the message of `git apply` if it does not apply."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(folder, to, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(["git", "apply", "-"], input=patch, text=True, cwd=to, capture_output=True)
    return done.stderr.strip() if done.returncode else ""


def step_outcome(folder: Path, module: str, function: str) -> StepOutcome:
    """Run the step of a file STEPS times in a fork, and return what it does."""
    return pickle.loads(answer_of_fork(lambda: pickle.dumps(_step_outcome(folder, module, function)), _LIMIT_S))


def imported_step(folder: Path, module: str, function: str) -> tuple[dict[str, Any], Callable[[], Callable[[], Any]]]:
    """Import a file, and return its globals and its function. The folder of this process changes for good."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True  # Python would not see that a file changed twice in a second
    warnings.simplefilter("ignore")
    namespace = vars(importlib.import_module(module))
    return namespace, namespace[function]


def _step_outcome(folder: Path, module: str, function: str) -> StepOutcome:
    try:
        namespace, make = imported_step(folder, module, function)
        step, digests = make(), []
        for _ in range(STEPS):
            bits = bits_of(step, namespace, step())
            digests.append({path: hashlib.blake2b(value).digest() for path, value in bits.items()})
        return StepOutcome(tuple(digests), peaks_of(make, STEPS))
    except Exception as error:  # a patched file may do anything
        return StepOutcome(error=f"{type(error).__name__}: {error}")
