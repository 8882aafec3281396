"""Stored runs, complete or not: those of a folder, the newest, whether it is complete, how many passes are done.

Loads no torch.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.record import RecordError
from benchmarks.record.folder import read_run
from benchmarks.record.run_facts import RunFacts


def stored_runs(
    out: Path, names: str = "2*", unreadable: Callable[[str], object] = lambda reason: None
) -> Iterator[tuple[Path, RunFacts]]:
    """The readable runs under `out`, the newest first: their names begin with the UTC time of their start.

    `names`: a pattern of folder names. `unreadable` is called with the reason why one of these cannot be read.
    """
    for folder in sorted(out.glob(names), reverse=True) if out.is_dir() else ():
        try:
            facts = read_run(folder)
        except RecordError as error:
            unreadable(str(error))
        else:
            yield folder, facts


def newest_stored_run(
    out: Path, fits: Callable[[RunFacts], bool] = lambda facts: True, names: str = "2*"
) -> Path | None:
    """Return the newest readable run under `out` whose facts `fits` accepts; None if there is none."""
    return next((folder for folder, facts in stored_runs(out, names) if fits(facts)), None)


def is_complete_run(run: Path | None) -> bool:
    """Return whether there is a run and it is complete. RecordError if it cannot be read."""
    return run is not None and read_run(run)["state"] == "complete"


def passes_done(run: Path | None) -> tuple[int, int]:
    """Return how many passes of a run are done, and how many it has; (0, 0) without a run.

    RecordError if the run cannot be read.
    """
    passes = read_run(run).get("passes", []) if run is not None else []
    return sum(row["state"] == "done" for row in passes), len(passes)
