"""A fleet on three Ray nodes of this host, with a stand-in of the suite; left out where Ray is not installed.

One cluster for all tests: `address` is its driver's. Commands are processes of their own, as a user types them.
"""

import json
import random
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("ray")

from tests.fleet.fleet_kills import KilledFleet, kill_in_plans
from tests.fleet.fleet_outcome import FleetOutcome
from tests.fleet.fleet_suite import OPTIONS, Suite, merged_runs
from tests.fleet.ray_machines import Monitor, machines_up, processes_left
from tests.support.commands import ROOT, user_environment
from tests.support.shards import COUNT

pytestmark = pytest.mark.slow
LIMIT_S = 40.0


@pytest.fixture(scope="module")
def machines():
    with machines_up() as up:
        yield up


@pytest.fixture
def slow_suite(tmp_path, stored_shards):
    made = Suite(tmp_path, stored_shards)
    made.takes(2.0)
    return made


def plan_text(suite):
    options = "".join(f"{name} = {json.dumps(text)}\n" for name, text in OPTIONS.items())
    return (
        f'versions = ["2.13.0"]\nshards = {COUNT}\nwork = "{{work}}"\nenvironments = "{suite.environments}"\n'
        f'[kinds.here]\ndevice = "cpu"\n[options]\n{options}'
    )


def start_fleet(name, address, suite, tmp_path, changed=""):
    """The command, begun, with a plan and a folder of its own. `changed`: code that runs in it first."""
    plan = tmp_path / f"{name}.toml"
    plan.write_text(plan_text(suite).replace("{work}", str(tmp_path / name / "unfinished")))
    words = ["fleet", str(plan), "--address", address, "--out", str(tmp_path / name / "out"), "--no-report"]
    code = f"{changed}\nimport sys; from benchmarks.entry import enter; from benchmarks.cli import main\n"
    code += "sys.exit(enter(lambda: main(sys.argv[1:])))"
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        **{"cwd": ROOT, "env": user_environment(tmp_path), "stdin": subprocess.DEVNULL, "text": True},
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True},
    )


def ended(command):
    """Its status, and what it printed on standard error."""
    try:
        _, errors = command.communicate(timeout=LIMIT_S)
    finally:
        command.kill()
    return command.returncode, errors


def wait_for(condition, command):
    """Wait while the command runs."""
    ends = time.monotonic() + LIMIT_S
    while not condition():
        if command.poll() is not None or time.monotonic() > ends:
            command.kill()
            raise AssertionError(command.communicate())
        time.sleep(0.05)


def test_kills_cost_no_shard_and_double_none(machines, slow_suite, tmp_path, stored_shards):
    outcome, monitor = FleetOutcome(), Monitor(tmp_path)
    monitor.start()
    single = {"2.13.0": stored_shards / "whole"}
    fleet = KilledFleet(machines, plan_text(slow_suite), tmp_path, single, random.Random(3), latest_s=6.0)
    kill_in_plans(5, fleet, outcome, lambda line: None)
    monitor.close()
    assert outcome.kills.total() == 5 and outcome.unharmed, outcome
    assert monitor.seen and not monitor.at_once and not slow_suite.at_once and not processes_left(tmp_path)


def test_an_interrupt_leaves_no_process_and_the_same_command_goes_on(machines, slow_suite, tmp_path):
    command = start_fleet("first", machines.address, slow_suite, tmp_path)
    kept = tmp_path / "first/out/shards"
    wait_for(lambda: len(slow_suite.begun) == COUNT, command)
    (tmp_path / "suite/pace").write_text("30")
    wait_for(lambda: list(kept.glob("*/[0-9]*of3")), command)
    command.send_signal(signal.SIGINT)
    status, errors = ended(command)
    assert (status, errors.strip()) == (130, "interrupted; the same command goes on where it stopped")
    assert not processes_left(tmp_path) and not merged_runs(tmp_path / "first")
    before = {path: path.stat().st_mtime_ns for path in kept.glob("*/[0-9]*of3/run.json")}
    (tmp_path / "suite/pace").write_text("0.1")
    assert before and ended(start_fleet("first", machines.address, slow_suite, tmp_path))[0] == 0
    assert len(merged_runs(tmp_path / "first")) == 1 and not slow_suite.at_once
    assert before == {path: path.stat().st_mtime_ns for path in before}, "what is stored stays"


def test_a_second_fleet_on_the_cluster_is_refused_and_does_not_disturb_the_first(machines, slow_suite, tmp_path):
    (tmp_path / "suite/pace").write_text("15")
    first = start_fleet("first", machines.address, slow_suite, tmp_path)
    wait_for(lambda: len(slow_suite.begun) == COUNT, first)
    (tmp_path / "suite/pace").write_text("0.1")
    impatient = "from benchmarks.fleet import ray_engine; ray_engine.HELD_S = 1.0"
    status, errors = ended(start_fleet("second", machines.address, slow_suite, tmp_path, impatient))
    assert first.poll() is None, "the first is still at work"
    assert status == 2 and "another fleet is at work on this cluster" in errors and errors.count("\n") == 1
    assert ended(first)[0] == 0 and len(slow_suite.begun) == COUNT and not slow_suite.at_once
    assert ended(start_fleet("second", machines.address, slow_suite, tmp_path))[0] == 0, "once it has ended, it may"


def test_another_version_of_ray_is_refused_in_one_line(machines, slow_suite, tmp_path):
    changed = "import ray; ray.__version__ = '2.49.0'"
    status, errors = ended(start_fleet("first", machines.address, slow_suite, tmp_path, changed))
    assert status == 2 and errors.count("\n") == 1 and not slow_suite.begun
    assert "Version mismatch" in errors and "Ray: 2.49.0" in errors, errors
