"""Machines whose environment has a stand-in of the suite, so that a shard takes no time."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.fleet import drive, shard_on_node, suite_process
from benchmarks.fleet.fleet_engine import ShardTask
from benchmarks.versions.environments import _made_of
from tests.fleet import stand_in_suite
from tests.support.shards import COUNT, of_some_pairs, shard_of


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
