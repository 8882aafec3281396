"""A hazard in a process of its own: one that aborts or hangs costs its row, not the command."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from benchmarks.autograd.findings import CRASHED, HUNG, HazardRow, as_json, hazard_row
from benchmarks.autograd.hazards.hazard import Hazard, examine, unexamined

#: Where this very suite lies, wherever the command is typed.
_ROOT = str(Path(__file__).resolve().parents[2])


def examine_apart(hazard: Hazard, device: str) -> HazardRow:
    """The row of `examine`, made by a fresh process; where that leaves none, a row that says how it ended.

    The process finds the hazard again by its name in the HAZARDS of the module that defines its program.
    """
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile() as log:
        row = Path(scratch) / "row.json"
        command = [sys.executable, "-m", __name__, hazard.program.__module__, hazard.name, device, str(row)]
        with _started(command, log) as process:
            try:
                status = process.wait(hazard.limit_s)
            except subprocess.TimeoutExpired:
                return unexamined(hazard, HUNG, f"no end after {hazard.limit_s:g} s, stopped")
        if status == 0 and row.exists():
            return hazard_row(json.loads(row.read_text(encoding="utf-8")))
        log.seek(0)
        said = log.read().decode(errors="replace").strip().splitlines()
        return unexamined(hazard, CRASHED, _cause(status) + (f": {said[-1][:300]}" if said else ""))


@contextlib.contextmanager
def _started(command: list[str], log) -> Iterator[subprocess.Popen]:
    path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": path, "TORCHINDUCTOR_COMPILE_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,  # so that compilers it starts end with it
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):  # all of its session has ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _cause(status: int) -> str:
    if status >= 0:
        return f"its process ended with exit status {status}"
    return f"its process was ended by {signal.Signals(-status).name}"


def main(arguments: list[str]) -> None:
    """Examine one hazard; its row goes to a file."""
    module, name, device, path = arguments
    hazard = next(each for each in import_module(module).HAZARDS if each.name == name)
    Path(path).write_text(json.dumps(as_json(examine(hazard, device)), allow_nan=False), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
