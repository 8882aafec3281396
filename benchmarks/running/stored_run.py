"""Runs in a folder: those that can be read, the newest, whether it is complete, how far it is. Without torch."""

from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.record import RecordError
from benchmarks.record.folder import read_run
from benchmarks.record.run_facts import RunFacts


def stored_runs(
    out: Path, names: str = "2*", unreadable: Callable[[str], object] = lambda reason: None
) -> Iterator[tuple[Path, RunFacts]]:
    """The runs under a folder that can be read, the newest first: names begin with the UTC time of the start.

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
    """The newest run under a folder that can be read and `fits`; its name fits the pattern `names`."""
    return next((folder for folder, facts in stored_runs(out, names) if fits(facts)), None)


def is_complete_run(run: Path | None) -> bool:
    """Whether there is a run, and nothing of it is left to measure."""
    return run is not None and read_run(run)["state"] == "complete"


def passes_done(run: Path | None) -> tuple[int, int]:
    """How many passes of a run are done, of how many; (0, 0) where there is none."""
    passes = read_run(run).get("passes", []) if run is not None else []
    return sum(row["state"] == "done" for row in passes), len(passes)
