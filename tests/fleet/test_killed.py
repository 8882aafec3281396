"""Kill -9 at seeded moments, of the suite's process and of the command, on this machine without Ray.

`python -m tests.fleet.fleet_kills` does it with the suite itself, on Ray.
"""

import json
import os
import random
import time

import psutil
import pytest

from benchmarks.record.folder import read_journal, read_run
from tests.fleet.fleet_outcome import FleetOutcome, overlaps, unordered_tries
from tests.support.forked import ForkedCommand
from tests.support.shards import COUNT

SUITE, COMMAND = "suite", "command"
#: Never three times a suite within one command: it would give the shard up.
VICTIMS = (SUITE, COMMAND, SUITE, SUITE, COMMAND)
TAKES_S, LIMIT_S = 0.15, 30.0


def suites_of(folder):
    """The stand-ins that are at work, by their command lines."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        if any(word == str(folder) for word in process.info["cmdline"] or ()):
            found.append(process)
    return found


def wait_for(condition, why):
    ends = time.monotonic() + LIMIT_S
    while not (found := condition()):
        assert time.monotonic() < ends, why
        time.sleep(0.005)
    return found


class KilledHere:
    """A plan, and its command, which is typed again after it was killed."""

    def __init__(self, plan_file, out, suite):
        self.plan_file, self.out, self.suite = plan_file, out, suite
        self.kills, self.partial = [], 0
        self.start()

    def start(self):
        words = ("fleet", str(self.plan_file), "--out", str(self.out), "--no-report")
        self.command = ForkedCommand(*words, scratch=self.out.parent)

    def strike(self, victim):
        """Kill a victim, or wait in vain for one: then the command has ended."""
        while True:
            found = wait_for(lambda: suites_of(self.suite.folder) or self._ended(), "nothing is at work")
            if found is True:
                return False
            if victim == COMMAND:
                self.command.kill()
                self.command.wait()
                self.start()
            else:
                if not self.partial:  # one at least at a moment when something is stored
                    wait_for(lambda: self._partial_runs() or self._ended(), "nothing is stored")
                try:
                    found[0].kill()
                except psutil.NoSuchProcess:  # it ended by itself meanwhile
                    continue
                psutil.wait_procs(found[:1], LIMIT_S)
                self.partial += bool(self._partial_runs())
            self.kills.append(victim)
            return True

    def _partial_runs(self):
        stored = (self.out.parent / "work").glob("*/*/*/2*/run.json")
        return [path for path in stored if json.loads(path.read_text())["state"] == "partial"]

    def _ended(self):
        return self.command.poll() is not None


@pytest.mark.slow
@pytest.mark.skipif(os.getpriority(os.PRIO_PROCESS, 0) > 0 and os.geteuid() != 0, reason="priority cannot be raised")
def test_kills_cost_no_shard_and_double_none(plan_file, tmp_path, suite, stored_shards):
    suite.takes(TAKES_S)
    chance, left, plans, partial, outcome = random.Random(5), list(VICTIMS), 0, 0, FleetOutcome()
    whole = sorted((out.line(), into.line()) for out, into in read_journal(stored_shards / "whole"))
    while left:
        plans += 1
        killed = KilledHere(plan_file, tmp_path / f"out{plans}", suite)
        while left:
            time.sleep(chance.uniform(0, 2 * TAKES_S))
            if not killed.strike(left[0]):
                break
            left.pop(0)
        assert killed.command.wait(LIMIT_S) == 0, killed.command.communicate()
        (run,) = killed.out.glob("here-*")
        assert [row["shard"] for row in read_run(run)["shards"]] == [f"{n}/{COUNT}" for n in range(1, COUNT + 1)]
        assert sorted((out.line(), into.line()) for out, into in read_journal(run)) == whole
        partial += killed.partial
        (machine,) = (path for path in (tmp_path / "work").iterdir() if path.is_dir())
        assert not unordered_tries(machine, outcome) and not overlaps(machine, outcome), "two at once on a machine"
        (tmp_path / "work").rename(tmp_path / f"work{plans}")  # the next plan finds nothing that is measured
    assert suite.at_once == "", "two processes at once on a machine"
    wait_for(lambda: not suites_of(suite.folder), "a process is left")
    resumed = sum("--resume" in each["words"] for each in suite.begun)
    assert partial and resumed, "what is partial goes on"
    assert outcome.processes >= plans * COUNT and outcome.tries >= outcome.processes, "each process stamped itself"
