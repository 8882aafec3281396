"""One pass after another, each in fresh processes (workers); a crash, a hang or a kill costs one case.

A worker sends these events:
- `plan`: how many cases are selected, and how many are left
- `ceiling`: the place that is measured now, before the cases
- `start`: a case; `done`: a case, its log speedup and state; `error`: a user's error
- `lost`: the case in flight lost the GPU or changed a global, so no other case can follow in this process
- `end`: all cases are done, and all files are written
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import benchmarks
from benchmarks import record
from benchmarks.in_flight import with_variant
from benchmarks.measure.machine_errors import says_out_of_memory
from benchmarks.process import COMPILE_HERE, Child, child_process
from benchmarks.process_end import Hung
from benchmarks.record import INPLACE, OUTOFPLACE, Case, Measurement
from benchmarks.record.command import option_words
from benchmarks.record.folder import read_journal
from benchmarks.record.run_facts import CeilingPlace
from benchmarks.running.heaps import MALLOC_ENVIRONMENT
from benchmarks.running.progress import Progress
from benchmarks.running.run import Pass, Run, how_to_finish
from benchmarks.running.run_ceilings import leave_out

#: Seconds a pass may take before its first case: importing torch, collecting, warming up.
START_LIMIT_S = 600
#: Seconds between its cases, including ceilings and the end.
BETWEEN_LIMIT_S = 120
#: Seconds from its `end` event until its process has ended.
END_LIMIT_S = 20
#: pytest's own plugins that are turned off. At each step of a test they visit all loggers, or change the handling of
#: warnings. That takes a fifth of a short case's time, all of it outside user code.
_LEFT_OUT = ("logging", "warnings", "unraisableexception", "threadexception")


class UserError(ValueError):
    """A user's error in the options that a pass found; the message is one line."""


class PassFailed(RuntimeError):
    """A pass makes no progress, or lacks measurements at its end. The message says how to go on."""


@dataclass
class _Worker:
    """A pass's process, and its progress."""

    child: Child
    in_flight: Case | None = None
    abandoned: list[Case] = field(default_factory=list)  #: begun without a result, while the process went on
    ceiling: CeilingPlace | None = None  #: the one that is measured now
    lost: str = ""  #: why it can measure no other case
    planned: bool = False
    through: bool = False  #: whether its `end` event has come
    cases: int = 0  #: how many are selected, including those done in an earlier process
    left: int = 0  #: how many of these had no measurement when it started
    done: int = 0
    began: float = field(default_factory=time.monotonic)
    startup_s: float = 0.0  #: seconds until its cases were collected


@dataclass(frozen=True)
class _End:
    """How a worker ended."""

    state: str
    reason: str = ""
    running: str | None = None  #: the variant that ran at the end


def run_pass(run: Run, current: Pass, flags: list[str], case_limit_s: float, progress: Progress) -> None:
    """Run one pass to its end. Every case gets a measurement, or a row that says how it ended its worker.

    After each such end a fresh worker goes on with the other cases. `flags`: the options of a worker. `case_limit_s`:
    how long one case may take. PassFailed if a worker makes no progress, UserError if it finds an error in the options.
    """
    if run.lost_its_cases_before(current):
        _mark_done(run, current, cases=0, startup_s=0.0, wall_s=0.0)
        return
    began, startup_s = time.monotonic(), 0.0
    progress.begin(current)
    while True:
        run.reread_facts()  # for the next worker, which reads it
        with _start_worker(run, current, flags) as worker:
            end = _follow(worker, case_limit_s, progress)
            printed = worker.child.printed(most=3_000)
        startup_s += worker.startup_s
        ended = _failed_cases(worker, end)
        for case, of_case in ended:
            _store_failure(run, current, case, of_case)
            progress.ended(case, None, of_case.state)
        measured = worker.done + len(ended)
        if end.state == record.OK and measured >= worker.left:
            break
        if worker.ceiling:
            run.reread()
            leave_out(run, worker.ceiling, end.reason)
        elif not measured:
            why = end.reason or f"left out {worker.left} of {worker.cases} cases"
            raise PassFailed(f"pass {current.pass_number} {why}:\n{printed}\n{how_to_finish(run.folder)}")
    _remove_if_empty(_benchmark_json(run, current))
    progress.end()
    _mark_done(run, current, cases=worker.cases, startup_s=startup_s, wall_s=time.monotonic() - began)


def _failed_cases(worker: _Worker, end: _End) -> list[tuple[Case, _End]]:
    """Return the cases that a worker began and did not finish, each with how it ended."""
    abandoned = [(case, _End("crashed", "it ended without a result")) for case in worker.abandoned]
    return abandoned + ([(worker.in_flight, end)] if worker.in_flight else [])


@contextmanager
def _start_worker(run: Run, current: Pass, flags: list[str]) -> Iterator[_Worker]:
    theirs = ("MALLOC_", "GLIBC_TUNABLES", "PYTEST_")  # keep a user's own heap and pytest settings out
    environment = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    environment |= MALLOC_ENVIRONMENT[current.allocator] | COMPILE_HERE
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUNBUFFERED": "1"}
    with child_process([*_command(run, current), *flags, "--events"], environment) as child:
        yield _Worker(child)


def _command(run: Run, current: Pass) -> list[str]:
    suite = Path(benchmarks.__file__).parent
    command = [sys.executable, "-m", "pytest", str(suite), "-q", "-p", "no:cacheprovider"]
    command += ["-s"]  # otherwise a dying case's output would be lost with pytest's own files
    command += [word for name in _LEFT_OUT for word in ("-p", f"no:{name}")]
    command += ["-p", "pytest_benchmark.plugin"]  # the only plugin: a user's other plugins stay out of the timing
    command += ["--rootdir", str(suite.parent), "-c", str(suite.parent / "pyproject.toml")]
    command += ["--run-dir", str(run.folder), "--pass-number", str(current.pass_number)]
    if current.kind == "time":
        command.append(f"--benchmark-json={_benchmark_json(run, current)}")
    return command


def _benchmark_json(run: Run, current: Pass) -> Path:
    return run.folder / f"pytest-benchmark-{current.pass_number}.json"


def _remove_if_empty(path: Path) -> None:
    """Remove pytest-benchmark's file if it is empty, as it is if no case had a time."""
    if path.exists() and path.stat().st_size == 0:
        path.unlink()


def _follow(worker: _Worker, case_limit_s: float, progress: Progress) -> _End:
    """Read a worker's events until it ends or hangs; return how. After it closes its pipe, the same limits hold."""
    try:
        while (event := worker.child.event(_limit_s(worker, case_limit_s))) is not None:
            _note(worker, event, progress)
            if worker.lost:
                return _End("crashed", worker.lost)
        end = _death(worker.child, worker.child.status(_limit_s(worker, case_limit_s)))
    except Hung as error:
        end = _End("hung", str(error))
    if worker.through:
        return _End(record.OK)  # leftover threads or exit handlers of a callable may make its process fail afterwards
    running = worker.child.variant()
    return replace(end, reason=with_variant(end.reason, running), running=running)


def _death(child: Child, status: int) -> _End:
    """Return how a worker ended by itself. If its output says that memory ran out, the reason has that line."""
    word = says_out_of_memory(child.last_words())
    for_memory = word is not None or child.killed_for_memory(status)
    return _End("out_of_memory" if for_memory else "crashed", child.cause(status, word or ""))


def _limit_s(worker: _Worker, case_limit_s: float) -> float:
    """Return how many seconds a worker may send no event in its present state."""
    if worker.through:
        return END_LIMIT_S
    if worker.in_flight:
        return case_limit_s
    return max(case_limit_s, BETWEEN_LIMIT_S) if worker.planned else START_LIMIT_S


def _note(worker: _Worker, event: dict, progress: Progress) -> None:
    """Note what an event says about its worker, and show it. An `error` event raises UserError."""
    if event["event"] == "error":
        raise UserError(event["line"])
    if event["event"] == "plan":
        worker.planned, worker.cases, worker.left = True, event["cases"], event["left"]
        worker.startup_s = time.monotonic() - worker.began
        progress.planned(event["cases"], event["left"])
    elif event["event"] == "ceiling":
        worker.ceiling = event["place"]
    elif event["event"] == "start":
        _begin(worker, Case.from_row(event["case"]))
        progress.started(Case.from_row(event["case"]))
    elif event["event"] == "end":
        _begin(worker, None)
        worker.through = True
    elif event["event"] == "lost":
        worker.lost = event["line"]
    elif event["event"] == "done":
        worker.in_flight = None
        worker.done += 1
        progress.ended(Case.from_row(event["case"]), event["log_speedup"], event["state"])


def _begin(worker: _Worker, case: Case | None) -> None:
    """Note which case a worker begins, or None at its end. A case that it had begun before is abandoned."""
    worker.ceiling = None
    if worker.in_flight not in (None, case):
        worker.abandoned.append(worker.in_flight)
    worker.in_flight = case


def _store_failure(run: Run, current: Pass, case: Case, end: _End) -> None:
    """Store that a case failed, unless its worker stored its numbers and was killed before reporting them.

    The journal is only read here: a case may have damaged it.
    """
    key = (case, current.kind, current.pass_number)
    if any((out.case, out.kind, out.pass_number) == key for out, _ in read_journal(run.folder)):
        return
    failed = Measurement(case, OUTOFPLACE, current.kind, current.pass_number, state=end.state, reason=end.reason)
    failed = replace(failed, extra={"running": end.running} if end.running else {})
    run.append(failed, replace(failed, variant=INPLACE))


def _mark_done(run: Run, current: Pass, cases: int, startup_s: float, wall_s: float) -> None:
    """Mark a pass as done in run.json, after reading it again: the pass itself may have written ceilings into it."""
    run.reread_facts()
    done = {**asdict(current), "state": "done", "cases": cases}
    done |= {"startup_s": round(startup_s, 3), "wall_s": round(wall_s, 3)}
    rows = run.facts["passes"]
    run.save(passes=[done if row["pass_number"] == current.pass_number else row for row in rows])


def flags_of(options: Mapping[str, str]) -> list[str]:
    """Return stored option texts as words of a worker's command line. `select` becomes pytest's -k."""
    select = options.get("select")
    others = {name: value for name, value in options.items() if name != "select"}
    return [*option_words(others), *([f"-k={select}"] if select else [])]  # one word: it may begin with a dash
