"""A whole run: its passes as fresh processes, one after another; a crash, a hang or a kill costs one case."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO

import benchmarks
from benchmarks import record
from benchmarks.record import INPLACE, OUTOFPLACE, Case, Measurement
from benchmarks.record.folder import read_run
from benchmarks.running.events import case_of
from benchmarks.running.progress import Progress
from benchmarks.running.run import Pass, Run

#: The heap regimes, by glibc's environment, set when a process starts. `retained`: no block is mapped by itself and
#: none is given back, as in a training loop after its first steps. `fresh`: every block from 128 KiB on is mapped
#: anew and given back, its pages faulted in at first touch.
MALLOC_ENVIRONMENT = {
    "retained": {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**46), "MALLOC_TOP_PAD_": str(64 * 2**20)},
    "inherited": {},
    "fresh": {"MALLOC_MMAP_THRESHOLD_": str(128 * 2**10)},
}

#: Importing torch, collecting, warming up: what a pass may take before its first case.
START_LIMIT_S = 600
NO_TESTS = 5


class UserError(ValueError):
    """What a pass found wrong with the options; one line."""


class PassFailed(RuntimeError):
    """A pass that died outside any case; holds the end of what it printed."""


@dataclass
class _Worker:
    """A pass's process, the pipe its events come through, and the case it is at."""

    process: subprocess.Popen
    events: IO[bytes]
    log: IO[bytes]
    in_flight: Case | None = None
    planned: bool = False
    done: int = 0
    began: float = field(default_factory=time.monotonic)
    startup_s: float = 0.0  #: until its cases were collected


def run_pass(run: Run, current: Pass, flags: list[str], case_limit_s: float, progress: Progress) -> None:
    """One pass to its end. A worker that dies in a case leaves a row and is started again for the rest."""
    if _is_empty(run, current):
        _mark_done(run, current, cases=0, startup_s=0.0, wall_s=0.0)
        return
    began = time.monotonic()
    progress.begin(current)
    cases, startup_s = 0, 0.0
    while True:
        with _started(run, current, flags) as worker:
            state, reason, cases = _follow(worker, case_limit_s, progress)
            startup_s += worker.startup_s
            if state == record.OK:
                break
            if worker.in_flight is None:
                if worker.done and worker.process.returncode < 0:
                    continue  # killed from outside, between two cases
                raise PassFailed(f"pass {current.pass_number} {reason}:\n{_tail(worker.log)}")
            failed = worker.in_flight
        _store_failure(run, current, failed, state, reason)
        progress.ended(failed, None, state)
    _remove_if_empty(_benchmark_json(run, current))
    progress.end()
    _mark_done(run, current, cases=cases, startup_s=startup_s, wall_s=time.monotonic() - began)


def _is_empty(run: Run, current: Pass) -> bool:
    """Whether a pass like this one was done and had no case: what is selected is the same in each."""
    passes = (row for row in run.facts["passes"] if row["state"] == "done" and row.get("cases") == 0)
    return any((row["kind"], row["allocator"]) == (current.kind, current.allocator) for row in passes)


@contextlib.contextmanager
def _started(run: Run, current: Pass, flags: list[str]) -> Iterator[_Worker]:
    reader, writer = os.pipe()
    theirs = ("MALLOC_", "PYTEST_")  # a user's own heap and pytest settings stay out
    environment = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    environment |= MALLOC_ENVIRONMENT[current.allocator] | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONUNBUFFERED": "1",
    }
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*_command(run, current), "--events", str(writer), *flags],
            env=environment,
            pass_fds=(writer,),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the supervisor, which ends its worker
        )
        os.close(writer)
        with os.fdopen(reader, "rb", buffering=0) as events:
            try:
                yield _Worker(process, events, log)
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()


def _command(run: Run, current: Pass) -> list[str]:
    suite = Path(benchmarks.__file__).parent
    command = [sys.executable, "-m", "pytest", str(suite), "-q", "-p", "no:cacheprovider"]
    command += ["-p", "pytest_benchmark.plugin"]  # the only one: a user's other plugins stay out of the timing
    command += ["--rootdir", str(suite.parent), "-c", str(suite.parent / "pyproject.toml")]
    command += ["--run-dir", str(run.folder), "--pass-number", str(current.pass_number)]
    if current.kind == "time":
        command.append(f"--benchmark-json={_benchmark_json(run, current)}")
    return command


def _benchmark_json(run: Run, current: Pass) -> Path:
    return run.folder / f"pytest-benchmark-{current.pass_number}.json"


def _remove_if_empty(path: Path) -> None:
    """pytest-benchmark makes its file first, and leaves it empty where no case had a time."""
    if path.exists() and path.stat().st_size == 0:
        path.unlink()


def _follow(worker: _Worker, case_limit_s: float, progress: Progress) -> tuple[str, str, int]:
    """Read a worker's events to its end: how it ended (a state), why, and how many cases it had."""
    cases = 0
    for event in _read(worker, case_limit_s):
        if event is None:
            worker.process.kill()
            worker.process.wait()
            limit = case_limit_s if worker.in_flight else START_LIMIT_S
            return "hung", f"no end after {limit:g} s, stopped", cases
        if event["event"] == "error":
            raise UserError(event["line"])
        if event["event"] == "plan":
            worker.planned, worker.in_flight, cases = True, None, event["cases"]
            worker.startup_s = time.monotonic() - worker.began
            progress.planned(event["cases"], event["left"])
        elif event["event"] == "start":
            worker.in_flight = case_of(event["case"])
            progress.started(worker.in_flight)
        elif event["event"] == "done":
            worker.in_flight = None
            worker.done += 1
            progress.ended(case_of(event["case"]), event["log_speedup"], event["state"])
    status = worker.process.wait()
    if status in (0, NO_TESTS) and worker.planned:
        return record.OK, "", cases
    return "crashed", _cause(status), cases


def _read(worker: _Worker, case_limit_s: float) -> Iterator[dict | None]:
    """The worker's events until it closes the pipe; None once, when one does not come in time."""
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(worker.events, selectors.EVENT_READ)
        while True:
            if not selector.select(case_limit_s if worker.in_flight else START_LIMIT_S):
                yield None
                return
            data = worker.events.read(65536)
            if not data:
                return
            *lines, pending = (pending + data).split(b"\n")
            yield from map(json.loads, lines)


def _cause(status: int) -> str:
    if status >= 0:
        return f"its process ended with exit status {status}"
    name = signal.Signals(-status).name
    hint = " (perhaps the kernel's out-of-memory killer)" if name == "SIGKILL" else ""
    return f"its process was ended by {name}{hint}"


def _tail(log: IO[bytes], most: int = 3_000) -> str:
    log.seek(0, os.SEEK_END)
    log.seek(max(0, log.tell() - most))
    return log.read().decode(errors="replace").strip()


def _store_failure(run: Run, current: Pass, case: Case, state: str, reason: str) -> None:
    failed = Measurement(case, OUTOFPLACE, current.kind, current.pass_number, state=state, reason=reason)
    run.append(failed, replace(failed, variant=INPLACE))


def _mark_done(run: Run, current: Pass, cases: int, startup_s: float, wall_s: float) -> None:
    """Note a pass's end in run.json, read anew: the pass itself may have written the ceilings into it."""
    run.facts = read_run(run.folder)
    done = {**asdict(current), "state": "done", "cases": cases}
    done |= {"startup_s": round(startup_s, 3), "wall_s": round(wall_s, 3)}
    rows = run.facts["passes"]
    run.save(passes=[done if row["pass_number"] == current.pass_number else row for row in rows])


def flags_of(raw: Mapping[str, str]) -> list[str]:
    """Stored option texts as a worker's command line; `select` is pytest's -k."""
    given = {name: value for name, value in raw.items() if value}
    flags = {name: "-k" if name == "select" else f"--{name.replace('_', '-')}" for name in given}
    return [part for name, value in given.items() for part in (flags[name], value)]
