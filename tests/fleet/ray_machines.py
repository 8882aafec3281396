"""Machines that are Ray nodes of this host, and a look at which processes of the suite run on them."""

import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from benchmarks.versions.environments import _made_of
from tests.support.commands import ROOT

COUNT = 3
#: How long the processes of what was killed may take to end: they store their state first.
ENDING_S = 40.0


def wrapped_environments(folder: Path, interpreters: Mapping[str, str]) -> Path:
    """Environments whose interpreters take the locks of their machine's folder, and stamp there."""
    for version, python in interpreters.items():
        place = folder / f"torch-{version}"
        (place / "bin").mkdir(parents=True)
        (place / "ready").write_text(_made_of(version), encoding="utf-8")
        wrapper = place / "bin/python"
        own = ROOT / "tests/own_machine"
        wrapper.write_text(f'#!/bin/sh\nSTAMP=1 TMPDIR="$PWD" PYTHONPATH="$PYTHONPATH:{own}" exec {python} "$@"\n')
        wrapper.chmod(0o755)
    return folder


class Machines:
    """The Ray nodes, each with a label and a slot."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self._cluster: Any = Cluster(
            initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False, **self._small()}
        )
        self._count = COUNT
        self._nodes = {f"node{number}": self._add(f"node{number}") for number in range(1, COUNT + 1)}

    @property
    def address(self) -> str:
        return self._cluster.address

    def _small(self) -> dict[str, Any]:
        return {"object_store_memory": 80 * 2**20}

    def _add(self, name: str) -> Any:
        labels = {"kind": "here", "name": name}
        return self._cluster.add_node(num_cpus=1, resources={"bench_slot": 1}, labels=labels, **self._small())

    def kill(self, chance: random.Random) -> None:
        """Kill -9 of all processes of a node; another takes its place, with the files of the lost one or without."""
        name = chance.choice(sorted(self._nodes))
        self._cluster.remove_node(self._nodes.pop(name), allow_graceful=False)
        if chance.random() < 0.5:
            self._count += 1
            name = f"node{self._count}"
        self._nodes[name] = self._add(name)

    def close(self) -> None:
        self._cluster.shutdown()


class Monitor(threading.Thread):
    """Looks at all processes again and again: a machine must never have two of the suite's. The stand-in is one too."""

    def __init__(self, scratch: Path) -> None:
        super().__init__(daemon=True)
        self._pattern = re.compile(rf"{re.escape(str(scratch))}/\d+/unfinished/(\w+)/")
        self.at_once: list[str] = []
        self.seen: set[int] = set()  #: numbers of the processes that were looked at
        self._ending = threading.Event()

    def run(self) -> None:
        while not self._ending.wait(0.1):
            suites = {process.pid: process for process, words in command_lines().items() if _runs_suite(words)}
            found: Counter[str] = Counter()
            for process in suites.values():
                with suppress(psutil.Error):
                    machines = set(self._pattern.findall(" ".join(process.cmdline())))
                    if machines and process.ppid() not in suites:  # else its fork, about to become another program
                        found.update(machines)
                        self.seen.add(process.pid)
            self.at_once += [name for name, count in found.items() if count > 1]

    def close(self) -> None:
        self._ending.set()
        self.join()


def _runs_suite(words: Sequence[str]) -> bool:
    """Whether a process is `python -m benchmarks run`, or the stand-in given that."""
    return any(list(words[at : at + 3]) == ["-m", "benchmarks", "run"] for at in range(1, len(words)))


def command_lines() -> dict[psutil.Process, list[str]]:
    found = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            found[process] = process.cmdline()
    return found


@contextmanager
def machines_up() -> Iterator[Machines]:
    machines = Machines()
    try:
        yield machines
    finally:
        machines.close()


def processes_left(scratch: Path) -> list[str]:
    """Processes of the experiment that are still there once they had time to end."""
    ends = time.monotonic() + ENDING_S
    while True:
        others = {p.pid: " ".join(words) for p, words in command_lines().items() if p.pid != os.getpid()}
        left = [line for line in others.values() if str(scratch) in line or line.startswith("ray::here-")]
        if not left or time.monotonic() > ends:
            return left
        time.sleep(0.5)
