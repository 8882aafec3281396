"""Machines whose environment has a stand-in of the suite, so that a shard takes no time."""

import pytest

from benchmarks.fleet import drive, shard_on_node, suite_process
from benchmarks.fleet.fleet_engine import ShardTask
from benchmarks.fleet.plan_file import FleetPlan
from tests.fleet.fleet_suite import OPTIONS, Suite
from tests.support.shards import COUNT, of_some_pairs, shard_of


@pytest.fixture(scope="session")
def stored_shards(tmp_path_factory):
    """A run of some ops and its shards, `shard1` to `shard3`."""
    folder = tmp_path_factory.mktemp("fleet")
    whole = of_some_pairs(folder / "whole", {"relu", "add", "exp", "dropout"})
    for number in range(1, COUNT + 1):
        shard_of(whole, folder / f"shard{number}", number)
    return folder


@pytest.fixture
def suite(tmp_path, stored_shards, monkeypatch):
    monkeypatch.setattr(suite_process, "LOOK_S", 0.01)
    monkeypatch.setattr(shard_on_node, "ASK_S", 0.01)
    monkeypatch.setattr(drive, "LOOK_S", 0.05)
    return Suite(tmp_path, stored_shards)


@pytest.fixture
def task(suite, tmp_path):
    """The second shard of three, on a machine called m."""
    places = {"work": str(tmp_path / "work"), "environments": str(suite.environments)}
    return ShardTask("run", "2/3", "2.13.0", "cpu", {"preset": "smoke"}, "m", "cpu", **places)


@pytest.fixture
def plan(suite, tmp_path):
    places = {"work": str(tmp_path / "work"), "environments": str(suite.environments)}
    return FleetPlan(("2.13.0",), COUNT, {"here": "cpu"}, OPTIONS, **places)


@pytest.fixture
def plan_file(plan, tmp_path):
    options = "".join(f'{name} = "{text}"\n' for name, text in OPTIONS.items())
    path = tmp_path / "fleet.toml"
    path.write_text(
        f'versions = ["2.13.0"]\nshards = {COUNT}\nwork = "{plan.work}"\nenvironments = "{plan.environments}"\n'
        f'[kinds.here]\ndevice = "cpu"\n[options]\n{options}'
    )
    return path
