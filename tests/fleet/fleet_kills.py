"""Kill workers, machines and the command of a fleet at random moments: `python -m tests.fleet.fleet_kills [COUNT]`.

Three machines are Ray nodes of this host (`ray.cluster_utils.Cluster`), each with locks of its own: see `own_machine`.
Each plan is measured to its end, and held against runs that were not sharded.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.fleet.fleet_outcome import SHARDS, FleetOutcome, compare_plan
from tests.fleet.ray_machines import Machines, Monitor, command_lines, machines_up, processes_left, wrapped_environments
from tests.support.commands import ROOT, user_environment

WORKER, MACHINE, COMMAND = VICTIMS = ("worker", "machine", "command")
OPTIONS = {
    **{"preset": "smoke", "pair": "relu,add,exp,mul,neg,sigmoid", "numel": "1Ki", "threads": "1"},
    **{"passes": "1", "seconds": "0.001"},
}
#: What a plan takes undisturbed, about: the latest moment of a kill after the one before.
LATEST_S = 12.0
LIMIT_S = 600.0
#: How long a worker is waited for that is to be killed.
WORKER_S = 60.0


@dataclass
class KilledPlan:
    """One plan, whose command is started again until it ends by itself."""

    folder: Path
    address: str
    plan_text: str
    outcome: FleetOutcome
    command: subprocess.Popen | None = None
    lost_a_machine: bool = False  #: since the command began; if that was its own Ray node, Ray ends the command too

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        plan = self.folder / "fleet.toml"
        plan.write_text(self.plan_text)
        words = ["fleet", str(plan), "--address", self.address, "--out", str(self.folder / "out"), "--no-report"]
        log = (self.folder / "log").open("ab")
        self.command = subprocess.Popen(
            [sys.executable, "-m", "benchmarks", *words],
            **{"cwd": ROOT, "env": user_environment(self.folder), "stdin": subprocess.DEVNULL},
            **{"stdout": log, "stderr": log, "start_new_session": True},
        )
        self.outcome.commands += 1
        self.lost_a_machine = False

    def ended(self) -> bool:
        """Whether the command has ended by itself, well."""
        if self.command is None or self.command.poll() is None:
            return False
        if self.command.returncode and self.lost_a_machine:
            self.start()
            return False
        assert self.command.returncode == 0, (self.folder / "log").read_text()[-3000:]
        return True

    def kill_command(self) -> None:
        assert self.command is not None
        self.command.kill()
        self.command.wait()
        self.command = None

    def wait(self) -> None:
        ends = time.monotonic() + LIMIT_S
        while not self.ended():
            assert time.monotonic() < ends, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.1)


def strike(victim: str, plan: KilledPlan, machines: Machines, chance: random.Random) -> bool:
    """Kill one victim; False where there was none."""
    if victim == COMMAND:
        plan.kill_command()
        return True
    if victim == MACHINE:
        plan.lost_a_machine = True
        machines.kill(chance)
        return True
    ends = time.monotonic() + WORKER_S
    while not (workers := _workers()):  # between two shards, and while machines come up, there is none
        if plan.ended() or time.monotonic() > ends:
            return False
        time.sleep(0.02)
    time.sleep(chance.uniform(0, 1.0))  # else each would be hit as it begins
    with suppress(psutil.NoSuchProcess):
        chance.choice(_workers() or workers).kill()
        return True
    return False


def _workers() -> list[psutil.Process]:
    return [p for p, words in command_lines().items() if words and words[0].startswith("ray::here-")]


def single_runs(scratch: Path, kept: Path, versions: Iterator[str] | Mapping[str, str]) -> dict[str, Path]:
    """A run per version that is not sharded."""
    runs = {}
    for version in versions:
        out = scratch / f"single-{version}"
        out.mkdir(parents=True)
        python = kept / f"torch-{version}/bin/python"
        words = [word for name, text in OPTIONS.items() for word in (f"--{name}", text)]
        command = [str(python), "-m", "benchmarks", "run", *words, "--device", "cpu", "--out", str(out), "--no-report"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run(command, cwd=out, env=environment, check=True, capture_output=True)
        (runs[version],) = out.glob("2*")
    return runs


def fleet_experiment(
    count: int, seed: int, interpreters: Mapping[str, str], scratch: Path, say: Any = lambda line: None
) -> FleetOutcome:
    """Kills at random moments in one plan after another; each is measured to its end."""
    outcome, chance = FleetOutcome(), random.Random(seed)
    kept = wrapped_environments(scratch / "environments", interpreters)
    single = single_runs(scratch, kept, interpreters)
    text = (
        f'versions = {json.dumps(list(interpreters))}\nshards = {SHARDS}\nenvironments = "{kept}"\n'
        'work = "{work}"\n[kinds.here]\ndevice = "cpu"\n[options]\n'
        + "".join(f"{name} = {json.dumps(value)}\n" for name, value in OPTIONS.items())
    )
    monitor = Monitor(scratch)
    monitor.start()
    with machines_up() as machines:
        kill_in_plans(count, KilledFleet(machines, text, scratch, single, chance), outcome, say)
    monitor.close()
    assert monitor.seen, "no process of the suite was ever seen"
    outcome.at_once += monitor.at_once
    outcome.left = processes_left(scratch)
    return outcome


@dataclass(frozen=True)
class KilledFleet:
    """What the plans of an experiment share. `plan_text`: with `{work}` for the folder of what is not finished."""

    machines: Machines
    plan_text: str
    scratch: Path
    single: Mapping[str, Path]  #: runs that were not sharded, by version
    chance: random.Random
    latest_s: float = LATEST_S


def kill_in_plans(count: int, fleet: KilledFleet, outcome: FleetOutcome, say: Any) -> None:
    """Kill at random moments in one plan after another; each is measured to its end and held against single runs."""
    chance, machines = fleet.chance, fleet.machines
    while not outcome.plans or outcome.kills.total() < count:
        folder = fleet.scratch / str(outcome.plans + 1)
        work = folder / "unfinished"
        text = fleet.plan_text.replace("{work}", str(work))
        plan = KilledPlan(folder, machines.address, text, outcome)
        plan.start()
        victim = chance.choice(VICTIMS)
        while outcome.kills.total() < count:
            time.sleep(chance.uniform(0, fleet.latest_s))
            if plan.ended():
                break
            if strike(victim, plan, machines, chance):
                outcome.kills[victim] += 1
                say(f"{sum(outcome.kills.values())}: {victim}")
                victim = chance.choice(VICTIMS)  # a worker that was not found is looked for again
            if plan.command is None:
                plan.start()
        plan.wait()
        outcome.plans += 1
        compare_plan(plan.folder, work, fleet.single, outcome)
        say(f"plan {outcome.plans}: {len(outcome.differing)} differ")
        shutil.rmtree(folder / "out")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--python", metavar="VERSION=FILE", action="append", help="an interpreter that has this torch")
    asked = parser.parse_args()
    interpreters = dict(each.partition("=")[::2] for each in asked.python)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as scratch:
        outcome = fleet_experiment(asked.count, asked.seed, interpreters, Path(scratch), lambda s: print(s, flush=True))
    kills = ", ".join(f"{count} of a {victim}" for victim, count in sorted(outcome.kills.items()))
    print(f"{outcome.kills.total()} kills ({kills}) in {outcome.plans} plans and {outcome.commands} commands")
    print(f"{outcome.shards} shards merged, {outcome.tries} tries, {outcome.processes} processes with own stamps")
    print(f"runs that differ: {len(outcome.differing)}")
    print(f"two at once on a machine: {len(outcome.at_once)}; processes left: {len(outcome.left)}")
    for line in (*outcome.differing, *outcome.at_once, *outcome.left):
        print(line)
    sys.exit(0 if outcome.unharmed else 1)


if __name__ == "__main__":
    main()
