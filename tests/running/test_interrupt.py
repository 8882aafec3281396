"""Ctrl-C, SIGTERM and SIGHUP: the run is partial, says so, and how to finish it; what was ignored stays ignored."""

import signal
from pathlib import Path

import psutil
import pytest

from benchmarks.record.folder import read_run
from tests.commands import LIMIT_S, start_bench
from tests.stored import folder_of, lines_in, options, stored, wait_for


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_an_interrupted_run_is_partial_and_says_how_to_finish_it(honest, tmp_path, number):
    out = tmp_path / "runs"
    with start_bench(*options(honest, out), scratch=tmp_path) as process:
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
    with start_bench(*options(honest, out), scratch=tmp_path, ignored=ignored) as process:
        wait_for(lambda: lines_in(out) >= 2, process)
        for number in ignored:
            process.send_signal(number)
        measured = lines_in(out)
        wait_for(lambda: lines_in(out) >= measured + 4, process)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130 and said.splitlines()[-1].startswith("interrupted: ")
    assert read_run(folder_of(out))["state"] == "partial"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no way to see how far a process came")
def test_interrupted_before_anything_was_measured(honest, tmp_path):
    with start_bench(*options(honest, tmp_path / "runs"), scratch=tmp_path) as process:
        wait_for(lambda: _main_has_begun(process), process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130 and said.splitlines()[-1].startswith("interrupted")
    assert "Traceback" not in said


def _main_has_begun(process) -> bool:
    """Whether SIGTERM is caught, which is the first that main() does."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = int(status.split("SigCgt:")[1].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)
