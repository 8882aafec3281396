"""The first run on a device: parts that end in time, are taken up, and leave small files."""

import sys
from dataclasses import replace

import pytest

from benchmarks.catalogue import families
from benchmarks.catalogue.scenarios import topics
from benchmarks.record import INPLACE, OUTOFPLACE, Measurement
from benchmarks.record.folder import append_pair, read_run, write_run
from benchmarks.running import first_run as module
from benchmarks.running.first_run import CHECK_S, OPS, PARTS, SCENARIOS, STOP_S, Part, first_run, summary
from tests.selftest.test_results import CASE

PART = Part("first-smoke", 80, ("--preset", "smoke"))


def test_all_parts_together_end_within_eight_minutes():
    assert sum(limit_s + STOP_S for limit_s in (CHECK_S, *(part.limit_s for part in PARTS))) <= 480


def test_what_it_names_is_in_the_catalogue():
    assert set(OPS) <= {pair.name for pairs in families().values() for pair in pairs} and len(OPS) == 13
    assert set(SCENARIOS) <= {scenario.name for each in topics().values() for scenario in each}
    assert len(SCENARIOS) == 12


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Stands in for the suite's commands: stores a run as the command would, `states` deciding how it ends."""
    states, commands = {}, []

    def within(limit_s, command):
        commands.append(command[3:])
        if command[3] != "run":
            return
        if "--resume" in command:
            folder = tmp_path / command[command.index("--resume") + 1]
            write_run(folder, {**read_run(folder), "state": "complete"})
            return
        label = command[command.index("--label") + 1]
        folder = tmp_path / f"20260101T000000Z-host-torch-{label}"
        folder.mkdir()
        write_run(folder, {"state": states.get(label, "complete"), "machine": {}})
        (folder / "pytest-benchmark-1.json").write_text("{}" * 1000)

    monkeypatch.setattr(module, "_within", within)
    return states, commands


def test_each_part_is_a_run_of_its_own_behind_the_check(runs, tmp_path):
    _, commands = runs
    said = []
    assert first_run("cuda:0", tmp_path, ["--host", "here"], said.append)
    assert commands[0][:5] == ["selftest", "--short", "--device", "cuda:0", "--out"]
    assert [command[command.index("--label") + 1] for command in commands[1:]] == [part.label for part in PARTS]
    assert all(command[-3:] == ["--host", "here", "--no-report"] for command in commands[1:])
    assert not list(tmp_path.glob("*/pytest-benchmark-*.json"))
    assert sum("complete" in line for line in said) == len(PARTS)


def test_typed_again_it_finishes_what_was_stopped_and_leaves_what_is_complete(runs, tmp_path):
    states, commands = runs
    states["first-ops"] = "partial"
    assert not first_run("cpu", tmp_path, [], lambda line: None)
    commands.clear()
    assert first_run("cpu", tmp_path, [], lambda line: None)
    assert [command[0] for command in commands] == ["selftest", "run"]
    assert commands[1][1] == "--resume" and commands[1][2].endswith("first-ops")


def test_a_part_that_never_began_is_told(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_within", lambda limit_s, command: None)
    said = []
    assert not first_run("cpu", tmp_path, [], said.append)
    assert said[-1] == "first-scenarios: nothing was measured"


def test_states_and_reasons_are_counted(tmp_path):
    write_run(tmp_path, {"state": "complete", "machine": {}})
    fine = Measurement(CASE, OUTOFPLACE, "time", 1)
    failed = Measurement(
        replace(CASE, pair="relu"), OUTOFPLACE, "time", 1, state="unsupported", reason="no such kernel"
    )
    for each in (fine, failed):
        append_pair(tmp_path, each, replace(each, variant=INPLACE))
    lines = summary(PART, tmp_path)
    assert lines[0].startswith("first-smoke: complete, 1 time ok, 1 time unsupported (")
    assert lines[1:] == ["  relu inference: unsupported: no such kernel"]


@pytest.mark.parametrize(
    "program, stops",
    [
        ("import time; time.sleep(60)", True),
        ("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", True),
        ("pass", False),
    ],
    ids=["stops-when-told", "must-be-killed", "ends-by-itself"],
)
def test_a_part_that_is_late_is_told_to_stop_and_else_killed(monkeypatch, program, stops):
    monkeypatch.setattr(module, "STOP_S", 0.5)
    module._within(1.0 if stops else 30.0, [sys.executable, "-c", program])
