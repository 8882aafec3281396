"""Passes of versions take turns; what is partial is taken up; what fails is said in one line."""

import os
import socket
import sys
from pathlib import Path

import pytest

from benchmarks.cli import main
from benchmarks.record.folder import read_run, write_run
from benchmarks.running.facts import suite_hash
from benchmarks.versions import environments, turns, versions_command
from benchmarks.versions.environments import EnvironmentFailed, interpreter_of, pinned_version
from benchmarks.versions.turns import TurnFailed, run_of, take_turns
from tests.support.forked import run_with_forks

OPTIONS = {"preset": "smoke", "pair": "relu"}
INTERPRETERS = {"2.6.0": Path("/a/python"), "2.13.0": Path("/b/python")}
PASSES = [{"pass_number": n, "kind": "time", "allocator": "retained", "state": "planned"} for n in range(3)]


class Suite:
    """Stands in for `python -m benchmarks run`: stores a pass of a run, or fails at the turns in `failing`."""

    def __init__(self, out):
        self.out, self.turns, self.failing = out, [], {}

    def __call__(self, command):
        version = next(v for v, python in INTERPRETERS.items() if str(python) == command[0])
        self.turns.append(version)
        assert command[-3:] == ["--stop-after", "1", "--no-report"]
        if status := self.failing.get(len(self.turns)):
            return status
        folder = self.out / f"20260101T00000{list(INTERPRETERS).index(version)}Z-host-torch{version}"
        if "--resume" in command:
            assert command[command.index("--resume") + 1] == str(folder)
            facts = read_run(folder)
        else:
            folder.mkdir(parents=True)
            machine = {"torch_version": f"{version}+cpu"}
            facts = {"machine": machine, "options": OPTIONS, "suite_sha256": suite_hash(), "passes": PASSES}
        done = sum(row["state"] == "done" for row in facts["passes"]) + 1
        passes = [{**row, "state": "done" if n < done else "planned"} for n, row in enumerate(PASSES)]
        write_run(folder, {**facts, "passes": passes, "state": "complete" if done == len(PASSES) else "partial"})
        return 0


@pytest.fixture
def suite(tmp_path, monkeypatch):
    made = Suite(tmp_path / "out")
    monkeypatch.setattr(turns, "run_command", made)
    return made


def said(suite):
    lines = []
    return take_turns(INTERPRETERS, OPTIONS, suite.out, lines.append), lines


def test_passes_take_turns_until_all_runs_are_complete(suite):
    runs, lines = said(suite)
    assert suite.turns == ["2.6.0", "2.13.0"] * 3
    assert [run.name.rpartition("torch")[2] for run in runs] == list(INTERPRETERS)
    assert lines[:3] == ["torch 2.6.0: its first pass", "torch 2.13.0: its first pass", "torch 2.6.0: pass 2 of 3"]


def test_the_same_command_goes_on_where_one_failed(suite):
    suite.failing = {4: 130}
    with pytest.raises(TurnFailed, match=r"torch 2\.13\.0: its run ended with status 130; the same command goes on"):
        said(suite)
    runs, _ = said(suite)
    assert suite.turns == ["2.6.0", "2.13.0", "2.6.0", "2.13.0", "2.6.0", "2.13.0", "2.13.0"] and len(runs) == 2
    said(suite)
    assert len(suite.turns) == 7  # all is complete: nothing more is measured


def test_a_turn_that_stores_nothing_does_not_go_on_for_ever(suite, monkeypatch):
    monkeypatch.setattr(turns, "run_command", lambda command: 0)
    with pytest.raises(TurnFailed, match="stored no pass of that version"):
        said(suite)


@pytest.mark.parametrize("change", [{"options": {}}, {"suite_sha256": "x"}, {"machine": {"torch_version": "2.7.0"}}])
def test_a_run_of_something_else_is_not_taken_up(suite, change):
    said(suite)
    run = run_of("2.6.0", OPTIONS, suite.out)
    write_run(run, {**read_run(run), **change})
    assert run_of("2.6.0", OPTIONS, suite.out) is None


@pytest.mark.parametrize("text", ["2.5.1", "2.13", "torch", "2.13.0+cpu", "--x", "1.13.0"])
def test_what_is_no_version_is_refused(text):
    with pytest.raises(EnvironmentFailed):
        pinned_version(text)


def test_bad_input_is_one_line(capsys, tmp_path):
    for arguments in (["2.5.0"], ["2.13.0", "--preset", "no"], ["2.13.0", "--shard", "9"]):
        assert main(["versions", *arguments, "--out", str(tmp_path)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_an_environment_is_made_once(tmp_path, monkeypatch):
    log = tmp_path / "log"
    tool = tmp_path / "uv"
    tool.write_text(f'#!/bin/sh\necho "$@" >> {log}\nif [ $1 = venv ]; then mkdir -p $4/bin; fi\n')
    tool.chmod(0o755)
    monkeypatch.setattr(environments.shutil, "which", lambda name: str(tool))
    first, again = (interpreter_of("2.99.0", tmp_path / "kept") for _ in range(2))
    commands = log.read_text().splitlines()
    assert first == again == tmp_path / "kept/torch-2.99.0/bin/python"
    assert [line.split()[0] for line in commands] == ["venv", "pip", "pip"] and "torch==2.99.0" in commands[1]


def test_machines_without_locks_make_an_environment_each_and_never_delete_the_others(tmp_path, monkeypatch):
    """Meanwhile another machine makes the same one: what it put into place stays, and is complete at every moment."""
    kept, tool = tmp_path / "kept", tmp_path / "uv"
    place = kept / "torch-2.99.0"
    tool.write_text(
        f"#!/bin/sh\nif [ $1 = venv ]; then mkdir -p $4/bin; exit; fi\n"
        f"mkdir -p {place}/bin; touch {place}/bin/theirs; cp {tmp_path}/stamp {place}/ready\n"
    )
    tool.chmod(0o755)
    (tmp_path / "stamp").write_text(environments._made_of("2.99.0"))
    gone = kept / f".torch-2.99.0@{socket.gethostname()}@{2**30}@x"
    other = kept / f".torch-2.99.0@elsewhere@{2**30}@x"
    for folder in (gone, other):
        folder.mkdir(parents=True)
    monkeypatch.setattr(environments.shutil, "which", lambda name: str(tool))
    assert interpreter_of("2.99.0", kept) == place / "bin/python"
    assert sorted(path.name for path in kept.iterdir()) == [other.name, place.name], "a killed process's is removed"
    assert (place / "bin/theirs").exists()
    (place / "ready").write_text("made of something else")
    tool.write_text("#!/bin/sh\nif [ $1 = venv ]; then mkdir -p $4/bin; fi\n")
    interpreter_of("2.99.0", kept)
    assert not (place / "bin/theirs").exists() and (place / "ready").read_text() == environments._made_of("2.99.0")


def test_what_makes_an_environment_holds_the_lock_too(tmp_path, monkeypatch):
    """A killed command leaves its installer at work: nobody else may begin in the same folder."""
    lock, log, tool = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT), tmp_path / "log", tmp_path / "uv"
    tool.write_text(f"#!/bin/sh\nreadlink /proc/self/fd/{lock} >> {log}\nif [ $1 = venv ]; then mkdir -p $4/bin; fi\n")
    tool.chmod(0o755)
    monkeypatch.setattr(environments.shutil, "which", lambda name: str(tool))
    interpreter_of("2.99.0", tmp_path / "kept", [lock])
    os.close(lock)
    assert log.read_text().splitlines() == [str(tmp_path / "lock")] * 3


def test_this_torch_needs_no_environment(tmp_path):
    import torch

    version = torch.__version__.partition("+")[0]
    assert interpreter_of(version, tmp_path) == Path(sys.executable) and not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_run_is_measured_pass_by_pass(tmp_path):
    """End to end, with the one version that is here: each turn leaves a partial run, the last one a complete one."""
    own = ["--pair", "relu", "--numel", "1Ki", "--passes", "1", "--seconds", "0.001", "--device", "cpu"]
    done = run_with_forks("run", *own, "--stop-after", "1", "--out", str(tmp_path / "out"), scratch=tmp_path)
    (run,) = (tmp_path / "out").iterdir()
    assert (done.returncode, read_run(run)["state"]) == (0, "partial") and "(partial: 1 of " in done.stdout
    done = run_with_forks("run", "--resume", str(run), "--stop-after", "9", "--no-report", scratch=tmp_path)
    assert (done.returncode, read_run(run)["state"]) == (0, "complete"), done.stderr


def test_the_command_reports_all_runs(suite, monkeypatch, capsys):
    reported = []
    monkeypatch.setattr(versions_command, "interpreter_of", lambda version, folder: INTERPRETERS[version])
    monkeypatch.setattr(versions_command, "run_command", lambda command: reported.append(command) or 0)
    assert main(["versions", *INTERPRETERS, "--preset", "smoke", "--pair", "relu", "--out", str(suite.out)]) == 0
    assert reported[0][2:4] == ["analysis", "report"] and len(reported[0]) == 6
