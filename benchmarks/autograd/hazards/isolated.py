"""A hazard in a process of its own: one that aborts or hangs costs its row, not the command."""

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.autograd.hazards.hazard import Hazard, examine, unexamined
from benchmarks.autograd.record.findings import CRASHED, HUNG, HazardRow
from benchmarks.process import cause, started
from benchmarks.record.checking import read_object


def examine_apart(hazard: Hazard, device: str) -> HazardRow:
    """The row of `examine`, made by a fresh process; where that leaves none, a row that says how it ended.

    The process finds the hazard again by its name in the HAZARDS of the module that defines its program.
    """
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile() as log:
        row = Path(scratch) / "row.json"
        with started(__name__, [hazard.program.__module__, hazard.name, device, str(row)], log) as process:
            try:
                status = process.wait(hazard.limit_s)
            except subprocess.TimeoutExpired:
                return unexamined(hazard, HUNG, f"no end after {hazard.limit_s:g} s, stopped")
        if status == 0 and row.exists():
            return read_object(HazardRow, json.loads(row.read_text(encoding="utf-8")))
        return unexamined(hazard, CRASHED, cause(status, log))


def main(arguments: list[str]) -> None:
    """Examine one hazard; its row goes to a file."""
    module, name, device, path = arguments
    hazard = next(each for each in import_module(module).HAZARDS if each.name == name)
    Path(path).write_text(json.dumps(asdict(examine(hazard, device)), allow_nan=False), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
