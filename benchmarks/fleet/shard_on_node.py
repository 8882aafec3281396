"""What a machine does for one shard: it holds the slot, finds the environment, runs the suite and returns its files.

The suite measures in a process of its own, under the machine's own lock. This module runs in Ray's environment, which
needs no torch.
"""

import shutil
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.entry import DONE as ENDED_WELL
from benchmarks.entry import IN_USE, USER_ERROR
from benchmarks.fleet.clean_start import CANNOT_START
from benchmarks.fleet.fleet_engine import Report, ShardTask, remove_shard_text
from benchmarks.fleet.schedule import DONE, FAILED, UNFIT
from benchmarks.fleet.suite_process import SuiteProcess
from benchmarks.record.command import option_words
from benchmarks.record.folder import read_run
from benchmarks.record.machine_kind import machine_kind, other_kind_text
from benchmarks.running.locked_file import NotFreed, held_in_turn
from benchmarks.running.stored_run import is_complete_run, newest_stored_run
from benchmarks.versions.environments import EnvironmentFailed, interpreter_of

#: Free disk space that a shard needs. Its files have a few MB; torch's own files during the run need more.
NEEDED_BYTES = 2**29
#: How long a shard waits for a slot whose last process has not ended yet.
SLOT_S = 120.0
#: How long it waits for another run on this machine, and how often it asks.
BUSY_S, ASK_S = 3600.0, 5.0
#: How long a shard waits for an environment that another shard makes.
MAKING_S = 3600.0


def measure_shard(task: ShardTask, is_stopped: Callable[[], bool] = lambda: False) -> Generator[Report, None, None]:
    """Measure a shard, or go on with it, and yield reports. The last one says how it ended, and has the files if done.

    Once `is_stopped()` is true, the process is asked to store its state, and no further report comes. To close the
    generator ends the process.
    """
    machine = Path(task.work).expanduser() / task.host
    out = machine / task.run / task.folder_name
    try:
        out.mkdir(parents=True, exist_ok=True)
        if (free := shutil.disk_usage(out).free) < NEEDED_BYTES:
            raise OSError(0, f"has {free >> 20} MiB left, and {NEEDED_BYTES >> 20} MiB are needed", str(out))
        with held_in_turn(machine / f"{task.slot}.slot", SLOT_S) as lock:
            yield Report("its environment")
            environments = Path(task.environments).expanduser()
            environments.mkdir(parents=True, exist_ok=True)
            with held_in_turn(environments / f"torch-{task.version}.making", MAKING_S) as making:
                python = interpreter_of(task.version, environments, [making])
            suite = SuiteProcess(python, (), out, machine, task.slot, lock, is_stopped)
            yield from _until_done(task, suite)
    except EnvironmentFailed as error:
        yield Report(str(error), UNFIT)
    except OSError as error:
        yield Report(f"{error.filename or out}: {error.strerror}", UNFIT)
    except NotFreed as error:
        yield Report(str(error), FAILED)


def _until_done(task: ShardTask, suite: SuiteProcess) -> Iterator[Report]:
    """Run the suite until the shard's run is complete. Wait while another run holds the machine."""
    out, ends = suite.out, time.monotonic() + BUSY_S
    while not is_complete_run(run := newest_stored_run(out)):
        options = {**task.options, "device": task.device, "shard": task.shard, "host": task.host}
        what = ["--resume", str(run)] if run else [*option_words(options), "--out", str(out)]
        process = replace(suite, words=("run", *what, "--no-report"))
        status = yield from _while_alike(task, out, _reported(process))
        if status is None:
            return
        if process.is_stopped():
            return
        said = process.last_line() or f"its process ended with status {status}"
        if status == IN_USE:
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
        elif status != ENDED_WELL or not is_complete_run(newest_stored_run(out)):
            yield Report(said, FAILED)
            return
    assert run is not None
    yield Report("complete", DONE, {f"{run.name}/{path.name}": path.read_bytes() for path in _files_of(run)})


def _while_alike(
    task: ShardTask, out: Path, reports: Generator[Report, None, int]
) -> Generator[Report, None, int | None]:
    """Yield the reports, and return the exit status of the process.

    If its run says that the machine is of another kind, end the process, report that, and return None.
    """
    try:
        while True:
            report = next(reports)
            run = newest_stored_run(out)  # it has the machine's facts before its first pass
            if run is not None and (unlike := other_kind_text(machine_kind(read_run(run)), task.kind)):
                reports.close()
                why = f"is of another kind than the machines of shards that are here: {unlike}"
                yield Report(f"{why}; {remove_shard_text(task.kind_of)}", UNFIT)
                return None
            yield report
    except StopIteration as end:
        return end.value
    finally:
        reports.close()


def _reported(process: SuiteProcess) -> Generator[Report, None, int]:
    running = process.run()
    try:
        while True:
            yield Report(next(running))
    except StopIteration as end:
        return end.value
    finally:
        running.close()


def _files_of(run: Path) -> list[Path]:
    return sorted(path for path in run.iterdir() if path.is_file())
