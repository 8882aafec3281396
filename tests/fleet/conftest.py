"""Machines whose environment has a stand-in of the suite, so that a shard takes no time."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.fleet import drive, shard_on_node, suite_process
from benchmarks.fleet.fleet_engine import ShardTask
from benchmarks.fleet.plan_file import FleetPlan
from benchmarks.versions.environments import _made_of
from tests.fleet import stand_in_suite
from tests.support.shards import COUNT, of_some_pairs, shard_of

OPTIONS = {"preset": "smoke", "pair": "relu,add,exp,dropout"}


@pytest.fixture(scope="session")
def stored_shards(tmp_path_factory):
    """A run of some ops and its shards, `shard1` to `shard3`."""
    folder = tmp_path_factory.mktemp("fleet")
    whole = of_some_pairs(folder / "whole", {"relu", "add", "exp", "dropout"})
    for number in range(1, COUNT + 1):
        shard_of(whole, folder / f"shard{number}", number)
    return folder


class Suite:
    """The stand-in, and what its processes were given."""

    def __init__(self, folder: Path, shards: Path) -> None:
        self.folder, self.environments = folder / "suite", folder / "environments"
        self.folder.mkdir()
        for number in range(1, COUNT + 1):
            (self.folder / f"shard{number}").symlink_to(shards / f"shard{number}")
        self.does()
        place = self.environments / "torch-2.13.0"
        (place / "bin").mkdir(parents=True)
        (place / "ready").write_text(_made_of("2.13.0"), encoding="utf-8")
        python = place / "bin/python"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} -SE {stand_in_suite.__file__} {self.folder} "$@"\n')
        python.chmod(0o755)

    def takes(self, seconds: float) -> None:
        """Its processes take so long, and start as the suite's do: they end with the one that started them."""
        (self.folder / "pace").write_text(str(seconds))
        stand_in, python = self.folder / "python", self.environments / "torch-2.13.0/bin/python"
        python.rename(stand_in)
        begin = f'import sys; del sys.argv[1:3]; sys.executable = "{stand_in}"'
        begin += "; from benchmarks.fleet.clean_start import main; main()"
        python.write_text(f"#!/bin/sh\nexec {sys.executable} -S -c '{begin}' \"$@\"\n")
        python.chmod(0o755)

    @property
    def at_once(self) -> str:
        """Processes that met another one on their machine."""
        log = self.folder / "at_once"
        return log.read_text() if log.exists() else ""

    def does(self, *modes: str) -> None:
        """What its next processes do; those after them store their shard."""
        (self.folder / "modes").write_text(" ".join(modes))

    @property
    def begun(self) -> list[dict]:
        log = self.folder / "begun"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


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
