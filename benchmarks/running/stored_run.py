"""Stored runs, complete or not: the newest of a folder, whether it is complete, how many passes are done. No torch."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.record import RecordError
from benchmarks.record.folder import read_run
from benchmarks.record.run_facts import RunFacts


def newest_stored_run(out: Path, fits: Callable[[RunFacts], bool] = lambda facts: True) -> Path | None:
    """Return the folder of the newest readable run under `out` whose facts `fits` accepts; None if there is none.

    The names of runs begin with the UTC time of their start, so the last name is the newest run.
    """
    for folder in sorted(out.glob("2*"), reverse=True) if out.is_dir() else ():
        try:
            facts = read_run(folder)
        except RecordError:
            continue
        if fits(facts):
            return folder
    return None


def is_complete_run(run: Path | None) -> bool:
    """Return whether there is a run and it is complete. RecordError if it cannot be read."""
    return run is not None and read_run(run)["state"] == "complete"


def passes_done(run: Path | None) -> tuple[int, int]:
    """Return how many passes of a run are done, and how many it has; (0, 0) without a run.

    RecordError if the run cannot be read.
    """
    passes = read_run(run).get("passes", []) if run is not None else []
    return sum(row["state"] == "done" for row in passes), len(passes)
