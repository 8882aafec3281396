"""Ctrl-C, SIGTERM and SIGHUP: the run is partial, says so, and how to finish it; what was ignored stays ignored.

What nobody watches goes on.
"""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import psutil
import pytest

from benchmarks.record.folder import read_run
from tests.support.commands import LIMIT_S, ROOT, bench, disposing
from tests.support.forked import ForkedCommand
from tests.support.stored import folder_of, lines_in, options, planned, stored, wait_for


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_an_interrupted_run_is_partial_and_says_how_to_finish_it(honest, tmp_path, number):
    out = tmp_path / "runs"
    with ForkedCommand(*options(honest, out), scratch=tmp_path) as process:
        wait_for(lambda: lines_in(out) >= 2, process)
        workers = psutil.Process(process.pid).children()
        process.send_signal(number)
        printed, said = process.communicate(timeout=LIMIT_S)
    folder = folder_of(out)
    assert process.returncode == 130
    assert said.splitlines()[-1] == (f"interrupted: {folder} is partial; finish it with: make bench RESUME={folder}")
    assert "Traceback" not in said and printed == ""
    assert read_run(folder)["state"] == "partial" and stored(folder)
    assert not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers)


def test_in_the_background_it_goes_on_until_sigterm(honest, tmp_path):
    """As a shell without job control and nohup start it."""
    out = tmp_path / "runs"
    ignored = (signal.SIGINT, signal.SIGHUP)
    with ForkedCommand(*options(honest, out), scratch=tmp_path, ignored=ignored) as process:
        wait_for(lambda: lines_in(out) >= 2, process)
        for number in ignored:
            process.send_signal(number)
        measured = lines_in(out)
        wait_for(lambda: lines_in(out) >= measured + 4, process)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130 and said.splitlines()[-1].startswith("interrupted: ")
    assert read_run(folder_of(out))["state"] == "partial"


COMMANDS = [
    *(("benchmarks", name) for name in ("run", "list", "claims", "hazards", "safety", "selftest", "first-run")),
    *(("analysis", *words) for words in (("report",), ("answer", "run"), ("show", "relu"), ("compare", "run", "run"))),
]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no way to see how far a process came")
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_interrupted_while_it_is_loaded(words):
    command = [sys.executable, "-m", *words]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, preexec_fn=disposing()) as process:
        wait_for(lambda: _catches_signals(process), process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, said) == (130, "interrupted\n")


def _catches_signals(process) -> bool:
    """Whether SIGTERM is caught, which is the first that a command does."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = int(status.split("SigCgt:")[1].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def test_a_run_without_any_standard_stream_is_complete(honest, tmp_path):
    """As cron and service managers may start it."""
    out = tmp_path / "runs"
    done = bench(*options(honest, out, "--passes", "1"), scratch=tmp_path, preexec_fn=partial(os.closerange, 0, 3))
    assert done.returncode == 0
    assert read_run(folder_of(out))["state"] == "complete" and set(stored(folder_of(out))) == planned(folder_of(out))
