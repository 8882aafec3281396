"""Runs while they are measured: the newest of a folder, whether it is complete, how far it is. Without torch."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.record import RecordError
from benchmarks.record.folder import read_run
from benchmarks.record.run_facts import RunFacts


def newest_stored_run(out: Path, fits: Callable[[RunFacts], bool] = lambda facts: True) -> Path | None:
    """The newest run under a folder that can be read and `fits`: names begin with the UTC time of the start."""
    for folder in sorted(out.glob("2*"), reverse=True) if out.is_dir() else ():
        try:
            facts = read_run(folder)
        except RecordError:
            continue
        if fits(facts):
            return folder
    return None


def is_complete_run(run: Path | None) -> bool:
    """Whether there is a run, and nothing of it is left to measure."""
    return run is not None and read_run(run)["state"] == "complete"


def passes_done(run: Path | None) -> tuple[int, int]:
    """How many passes of a run are done, of how many; (0, 0) where there is none."""
    passes = read_run(run).get("passes", []) if run is not None else []
    return sum(row["state"] == "done" for row in passes), len(passes)
