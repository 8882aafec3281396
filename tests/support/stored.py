"""The content of a run's folder, the expected content, and a function that waits for it."""

import signal
import time
from pathlib import Path

from benchmarks import cgroup
from benchmarks.planning.plan import make_plan
from benchmarks.process_end import cause_of_end
from benchmarks.record.folder import JOURNAL_FILE, read_journal, read_run
from benchmarks.running.run import Pass
from tests.support.commands import LIMIT_S, SMALL

#: The reason of a killed case. It depends on whether kills by the out-of-memory killer are counted here.
KILLED = cause_of_end(-signal.SIGKILL, for_memory=None if cgroup.oom_kills() is None else False)


def options(pairs: Path, out: Path, *more: str) -> tuple[str, ...]:
    """Return options of a run with two timed passes at 1 Ki elements. Options in `more` replace them."""
    where = ("--pairs", str(pairs), "--out", str(out), "--no-report")
    return ("run", *SMALL, "--numel", "1Ki", "--passes", "2", *where, *more)


def stored(folder: Path) -> dict:
    """Return the measurements in a run's journal, by case, kind of pass and number of pass."""
    return {(out.case, out.kind, out.pass_number): (out, into) for out, into in read_journal(folder)}


def planned(folder: Path) -> set:
    """Return the cases that an undisturbed run stores, each with the kind and number of its pass."""
    run = read_run(folder)
    passes = [Pass.from_row(row) for row in run["passes"]]
    cases = make_plan(run["options"]).cases
    return {(case, each.kind, each.pass_number) for each in passes for case in cases if each.covers(case)}


def wait_for(condition, process):
    """Wait until `condition()` holds. AssertionError if the run ends before, or after LIMIT_S seconds."""
    ends = time.monotonic() + LIMIT_S
    while not condition():
        assert process.poll() is None and time.monotonic() < ends, process.communicate()
        time.sleep(0.01)


def folder_of(out: Path) -> Path:
    """Return the only folder in `out`."""
    (folder,) = out.iterdir()
    return folder


def lines_in(out: Path) -> int:
    """Return how many lines the journal under `out` has; 0 if there is none."""
    journals = list(out.glob(f"*/{JOURNAL_FILE}"))
    return journals[0].read_bytes().count(b"\n") if journals else 0
