"""The content of a run's folder, the expected content, and waiting for it."""

import signal
import time
from pathlib import Path

from benchmarks import cgroup
from benchmarks.planning.plan import make_plan
from benchmarks.process_end import cause_of_end
from benchmarks.record.folder import JOURNAL_FILE, read_journal, read_run
from benchmarks.running.run import Pass
from tests.support.commands import LIMIT_S, SMALL

#: The reason of a killed case, where kills by the out-of-memory killer are counted, and where they are not.
KILLED = cause_of_end(-signal.SIGKILL, for_memory=None if cgroup.oom_kills() is None else False)


def options(pairs: Path, out: Path, *more: str) -> tuple[str, ...]:
    """Options of a run with two timed passes, at 1 Ki; later options win."""
    where = ("--pairs", str(pairs), "--out", str(out), "--no-report")
    return ("run", *SMALL, "--numel", "1Ki", "--passes", "2", *where, *more)


def stored(folder: Path) -> dict:
    return {(out.case, out.kind, out.pass_number): (out, into) for out, into in read_journal(folder)}


def planned(folder: Path) -> set:
    """The cases that an undisturbed run stores."""
    run = read_run(folder)
    passes = [Pass.from_row(row) for row in run["passes"]]
    cases = make_plan(run["options"]).cases
    return {(case, each.kind, each.pass_number) for each in passes for case in cases if each.covers(case)}


def wait_for(condition, process):
    """Waits until `condition()` holds; the run must not end before."""
    ends = time.monotonic() + LIMIT_S
    while not condition():
        assert process.poll() is None and time.monotonic() < ends, process.communicate()
        time.sleep(0.01)


def folder_of(out: Path) -> Path:
    (folder,) = out.iterdir()
    return folder


def lines_in(out: Path) -> int:
    journals = list(out.glob(f"*/{JOURNAL_FILE}"))
    return journals[0].read_bytes().count(b"\n") if journals else 0
