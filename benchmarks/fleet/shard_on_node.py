"""What a machine does for one shard: finds the environment, holds the slot, runs the suite, hands over its files.

The suite measures in a process of its own, under the machine's own lock. This module runs where Ray runs, which needs
no torch.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.entry import DONE as ENDED_WELL
from benchmarks.entry import USER_ERROR
from benchmarks.fleet.clean_start import CANNOT_START
from benchmarks.fleet.fleet_engine import Report, ShardTask
from benchmarks.fleet.schedule import DONE, FAILED, UNFIT
from benchmarks.fleet.suite_process import SuiteProcess, stored_run
from benchmarks.record.command import option_words
from benchmarks.record.folder import read_run
from benchmarks.versions.environments import EnvironmentFailed, interpreter_of

#: A shard's files are a few MB; what torch writes meanwhile needs more.
NEEDED_BYTES = 2**29
#: How long a shard waits for a slot whose former process still ends.
SLOT_S = 120.0
#: How long it waits for another run on this machine, and how often it asks.
BUSY_S, ASK_S = 3600.0, 5.0
#: How long an environment may take that another shard makes.
MAKING_S = 3600.0
#: What the suite says where another run holds the machine (`running.lock.Busy`).
BUSY = "in use by another run"


def measure_shard(task: ShardTask, is_stopped: Callable[[], bool] = lambda: False) -> Generator[Report, None, None]:
    """Measure a shard, or go on with it; the last report says how it ended. Closing the generator ends the process.

    `is_stopped` is asked meanwhile; once it is true, the process is asked to store its state, and nothing is reported.
    """
    machine = Path(task.work).expanduser() / task.host
    out = machine / task.run / task.folder_name
    try:
        out.mkdir(parents=True, exist_ok=True)
        if (free := shutil.disk_usage(out).free) < NEEDED_BYTES:
            raise OSError(0, f"has {free >> 20} MiB left, and {NEEDED_BYTES >> 20} MiB are needed", str(out))
        with _held_in_turn(machine / f"{task.slot}.slot", SLOT_S) as lock:
            yield Report("its environment")
            environments = Path(task.environments).expanduser()
            environments.mkdir(parents=True, exist_ok=True)
            with _held_in_turn(environments / f"torch-{task.version}.making", MAKING_S) as making:
                python = interpreter_of(task.version, environments, [making])
            suite = SuiteProcess(python, (), out, machine, task.slot, lock, is_stopped)
            yield from _until_done(task, suite)
    except EnvironmentFailed as error:
        yield Report(str(error), UNFIT)
    except OSError as error:
        yield Report(f"{error.filename or out}: {error.strerror}", UNFIT)
    except SlotHeld as error:
        yield Report(str(error), FAILED)


class SlotHeld(RuntimeError):
    """A process that does not end holds what a shard needs; the message is one line."""


def _until_done(task: ShardTask, suite: SuiteProcess) -> Iterator[Report]:
    """Run the suite until the shard's run is complete; wait where the machine is in use by somebody else."""
    out, ends = suite.out, time.monotonic() + BUSY_S
    while not _is_complete(run := stored_run(out)):
        options = {**task.options, "device": task.device, "shard": task.shard, "host": task.host}
        what = ["--resume", str(run)] if run else [*option_words(options), "--out", str(out)]
        process = replace(suite, words=("run", *what, "--no-report"))
        status = yield from _reported(process)
        if process.is_stopped():
            return
        said = process.last_line() or f"its process ended with status {status}"
        if status == USER_ERROR and BUSY in said:
            if time.monotonic() > ends:
                yield Report(said, FAILED)
                return
            yield Report(f"waits: {said}")
            time.sleep(ASK_S)
        elif status == USER_ERROR and run is not None:  # what is stored cannot be finished: start again
            run.rename(run.with_name(f"refused-{time.time_ns()}"))
        elif status == CANNOT_START:
            yield Report(said, UNFIT)
            return
        elif status != ENDED_WELL or not _is_complete(stored_run(out)):
            yield Report(said, FAILED)
            return
    assert run is not None
    yield Report("complete", DONE, {f"{run.name}/{path.name}": path.read_bytes() for path in _files_of(run)})


def _reported(process: SuiteProcess) -> Generator[Report, None, int]:
    running = process.run()
    try:
        while True:
            yield Report(next(running))
    except StopIteration as end:
        return end.value
    finally:
        running.close()


def _is_complete(run: Path | None) -> bool:
    return run is not None and read_run(run)["state"] == "complete"


def _files_of(run: Path) -> list[Path]:
    return sorted(path for path in run.iterdir() if path.is_file())


@contextmanager
def _held_in_turn(path: Path, limit_s: float) -> Iterator[int]:
    """Hold the lock of a file, after whoever holds it now; SlotHeld if that takes longer than `limit_s`.

    Whoever inherits the open file holds it too: after a killed worker the slot stays held until its process has ended.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        ends = time.monotonic() + limit_s
        while not _locked(handle):
            if time.monotonic() > ends:
                raise SlotHeld(f"{path} is held by a process that does not end")
            time.sleep(0.05)
        yield handle
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
