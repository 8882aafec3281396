"""What a machine does for a shard, with a stand-in of the suite; and how the suite's process starts."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.fleet import shard_on_node, suite_process
from benchmarks.fleet.schedule import DONE, FAILED, UNFIT
from benchmarks.fleet.shard_on_node import measure_shard
from benchmarks.record.folder import read_run
from benchmarks.record.machine_kind import machine_kind
from tests.support.commands import ROOT


def last_of(task):
    *_, last = measure_shard(task)
    return last


def stored_folders(task):
    return sorted(path.name for path in (Path(task.work) / "m/run/2of3").iterdir() if path.is_dir())


def test_a_shard_is_measured_and_handed_over(task, suite):
    last = last_of(task)
    assert last.how == DONE and {name.rpartition("/")[2] for name in last.files} >= {"run.json", "measurements.jsonl"}
    (begun,) = suite.begun
    words = begun["words"]
    assert words[:1] == ["run"] and "--no-report" in words
    for flag, value in {"--preset": "smoke", "--device": "cpu", "--shard": "2/3", "--host": "m"}.items():
        assert words[words.index(flag) + 1] == value
    assert json.loads(last.files[next(name for name in last.files if "run.json" in name)])["state"] == "complete"
    assert last_of(task) == last and len(suite.begun) == 1, "what is complete is not measured again"


def test_nothing_of_a_worker_reaches_the_suite(task, suite, monkeypatch):
    for name in ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "LD_PRELOAD_OF_RAY", "RAY_JOB_ID", "PYTHONPATH"):
        monkeypatch.setenv(name, "7")
    assert last_of(task).how == DONE and last_of(replace(task, shard="1/3", slot="gpu3")).how == DONE
    on_cpu, on_gpu = (each["environment"] for each in suite.begun)
    assert on_cpu["CUDA_VISIBLE_DEVICES"] == "" and on_gpu["CUDA_VISIBLE_DEVICES"] == "3"
    assert on_cpu["PYTHONPATH"] == str(ROOT) and on_cpu["PATH"] == os.environ["PATH"]
    assert not {name for name in on_cpu if name.startswith(("OMP", "RAY", "LD_PRELOAD"))}


def test_what_is_partial_goes_on(task, suite):
    suite.does("partial")
    assert last_of(task).how == FAILED
    assert last_of(task).how == DONE
    assert suite.begun[1]["words"][1] == "--resume" and len(stored_folders(task)) == 1


def test_what_cannot_be_finished_is_measured_again(task, suite):
    suite.does("partial", "refuses")
    assert last_of(task).how == FAILED
    assert last_of(task).how == DONE
    assert ["--resume" in each["words"] for each in suite.begun] == [False, True, False]
    assert stored_folders(task)[1].startswith("refused-")


def test_a_shard_waits_while_another_run_holds_the_machine(task, suite):
    suite.does("busy", "busy")
    reports = list(measure_shard(task))
    assert reports[-1].how == DONE and sum(each.text.startswith("waits: cpu is in use") for each in reports) == 2


def test_a_shard_that_waits_too_long_keeps_what_it_stored(task, suite, monkeypatch):
    suite.does("partial", "busy")
    assert last_of(task).how == FAILED
    before = stored_folders(task)
    monkeypatch.setattr(shard_on_node, "BUSY_S", -1.0)
    last = last_of(task)
    assert last.how == FAILED and "in use by another run" in last.text and stored_folders(task) == before


def test_a_machine_of_another_kind_measures_no_further(task, suite, stored_shards, monkeypatch):
    monkeypatch.setattr(suite_process, "TELL_S", 0.01)
    suite.takes(0.3)
    kind = machine_kind(read_run(stored_shards / "shard1"))
    assert last_of(replace(task, kind=kind)).how == DONE
    began_s = time.monotonic()
    (suite.folder / "pace").write_text("5")
    last = last_of(replace(task, shard="1/3", kind={**kind, "python_version": "3.0"}, kind_of="kept/2of3"))
    assert last.how == UNFIT and "python_version" in last.text
    assert last.text.endswith("3.0; if kept/2of3 is the odd one, remove it and type the command again")
    assert time.monotonic() - began_s < 15, "its process was asked to end"


@pytest.mark.parametrize("mode, how, why", [("fails", FAILED, "the disk is full"), ("cannot", UNFIT, "low priority")])
def test_what_fails_says_why_in_one_line(task, suite, mode, how, why):
    suite.does(mode)
    last = last_of(task)
    assert last.how == how and why in last.text and "\n" not in last.text and not last.files


def test_a_machine_without_disk_or_environment_is_unfit(task, tmp_path, monkeypatch):
    monkeypatch.setattr(shard_on_node, "NEEDED_BYTES", 2**60)
    assert last_of(task).how == UNFIT and "MiB are needed" in last_of(task).text
    monkeypatch.undo()
    (tmp_path / "file").touch()
    assert last_of(replace(task, work=str(tmp_path / "file"))).how == UNFIT
    monkeypatch.setattr(shard_on_node, "interpreter_of", no_build)
    last = last_of(replace(task, version="2.15.0"))
    assert (last.how, last.text) == (UNFIT, "torch 2.15.0: no build")


def test_a_machine_without_the_interpreter_is_unfit(task, suite):
    """As where the folder is kept, and the Python that it was made of was removed."""
    (suite.environments / "torch-2.13.0/bin/python").unlink()
    last = last_of(task)
    assert (last.how, last.text) == (
        UNFIT,
        f"{suite.environments}/torch-2.13.0/bin/python: No such file or directory",
    )
    assert not suite.begun and not stored_folders(task)


class Asked:
    """A process that is asked to end while this one stands still: its first wait takes no time of its own."""

    pid, waits, killed_after = 2**30, 0, None

    def poll(self):
        return None

    def terminate(self):
        pass

    def wait(self, limit_s):
        self.waits += 1
        if self.waits == 1:
            raise subprocess.TimeoutExpired("suite", limit_s)
        return 130


def test_a_suite_that_stores_its_state_is_not_killed_for_time_in_which_the_machine_stood_still(monkeypatch):
    process = Asked()
    monkeypatch.setattr(os, "killpg", lambda *_: setattr(process, "killed_after", process.waits))
    suite_process._end(process)
    assert process.killed_after == 2, "not before it has ended"


def no_build(version, folder, locks):
    raise shard_on_node.EnvironmentFailed(f"torch {version}: no build")


def test_a_slot_is_held_by_one_process_at_a_time(task, suite, monkeypatch):
    suite.does("waits")
    stop = threading.Event()
    reports = []
    watcher = threading.Thread(target=lambda: reports.extend(measure_shard(task, stop.is_set)))
    watcher.start()
    while not suite.begun:
        time.sleep(0.01)
    monkeypatch.setattr(shard_on_node, "SLOT_S", 0.1)
    other = last_of(replace(task, shard="1/3"))
    stop.set()
    watcher.join()
    assert other.how == FAILED and "does not end" in other.text and len(suite.begun) == 1
    assert not [each for each in reports if each.how], "a stopped one has no result"
    assert last_of(replace(task, shard="1/3")).how == DONE
    rows = [json.loads(line) for line in (Path(task.work) / "m/tries.jsonl").read_text().splitlines()]
    assert ["began_s" in row for row in rows] == [True, False, True, False]
    stamps = [row.get("began_s") or row["ended_s"] for row in rows]
    assert stamps == sorted(stamps)


def test_closing_ends_the_process(task, suite):
    suite.does("waits")
    with closing(measure_shard(task)) as reports:
        assert next(reports).text == "its environment"
        closer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGALRM))
        before = signal.signal(signal.SIGALRM, interrupt)
        closer.start()
        with pytest.raises(KeyboardInterrupt):
            next(reports)
        signal.signal(signal.SIGALRM, before)
    assert suite.begun and last_of(task).how == DONE, "the slot is free again"


def interrupt(number, frame):
    raise KeyboardInterrupt


PARENT = """
import subprocess, sys, os, time
os.nice(5)
code = "import sys; sys.executable = sys.argv.pop(1); from benchmarks.fleet.clean_start import main; main()"
subprocess.Popen([sys.executable, "-c", code, *sys.argv[1:2], str(os.getpid()), *sys.argv[2:]])
time.sleep(60)
"""
BEGUN = """#!/bin/sh
trap "echo ended > {0}/ended; exit" TERM
ps -o ni= -p $$ > {0}/nice
echo "$@" > {0}/words
while :; do sleep 0.02; done
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="priority is raised by root alone")
def test_the_process_has_its_own_priority_and_ends_with_its_worker(tmp_path):
    begun = tmp_path / "begun"
    begun.write_text(BEGUN.format(tmp_path))
    begun.chmod(0o755)
    with subprocess.Popen([sys.executable, "-c", PARENT, str(begun), "run", "--pair", "relu"], cwd=ROOT) as worker:
        wait_until(lambda: (tmp_path / "words").exists() and (tmp_path / "words").read_text().strip())
        worker.kill()
    wait_until((tmp_path / "ended").exists)
    assert (tmp_path / "words").read_text().split() == ["-m", "benchmarks", "run", "--pair", "relu"]
    assert (tmp_path / "nice").read_text().strip() == "0"


def wait_until(condition):
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)
