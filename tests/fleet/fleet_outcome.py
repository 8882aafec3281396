"""What kills did to a fleet: what its merged runs lack, and processes that met on a machine."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.record import Case
from benchmarks.record.folder import read_journal, read_run
from tests.own_machine.slot_stamps import stamped

SHARDS = 3


@dataclass
class FleetOutcome:
    """What the kills did."""

    kills: Counter[str] = field(default_factory=Counter)
    plans: int = 0  #: measured to their end
    commands: int = 0  #: how often the command was started
    tries: int = 0  #: processes that a machine began
    processes: int = 0  #: those that stamped themselves that they were at work
    shards: int = 0
    differing: list[str] = field(default_factory=list)  #: what a merged run has other than the run that was not sharded
    at_once: list[str] = field(default_factory=list)  #: two processes on one machine
    left: list[str] = field(default_factory=list)  #: processes that are still there in the end

    @property
    def unharmed(self) -> bool:
        """Nothing is wrong, and what would show it was seen: each shard was measured by a process that stamped."""
        return not (self.differing or self.at_once or self.left) and self.processes >= self.shards > 0


def content(folder: Path) -> dict[tuple[Case, str], tuple[object, ...]]:
    """What a run must have the same however it was made: its cases, states, and bytes. ValueError for one twice."""
    found: dict[tuple[Case, str], tuple[object, ...]] = {}
    for pair in read_journal(folder):
        for each in pair:
            key = (each.case, f"{each.kind} {each.pass_number} {each.variant}")
            if key in found:
                raise ValueError(f"{key} is there twice")
            found[key] = (each.state, each.verified, each.peak_bytes, each.held_bytes, each.step_peak_bytes)
    return found


def compare_plan(folder: Path, work: Path, single: Mapping[str, Path], outcome: FleetOutcome) -> None:
    """Count what a plan's merged runs, under `folder`, have other than those that were not sharded, by version.

    `work`: of the plan, where its machines have a folder each.
    """
    merged = {read_run(path)["machine"]["torch_version"]: path for path in (folder / "out").glob("here-*")}
    if len(merged) != len(single):
        outcome.differing.append(f"{len(merged)} merged runs")
    for path in merged.values():
        facts = read_run(path)
        shards = sorted(row["shard"] for row in facts.get("shards", []))
        if shards != [f"{number}/{SHARDS}" for number in range(1, SHARDS + 1)]:
            outcome.differing.append(f"{path}: shards {shards}")
        outcome.shards += len(shards)
        other = next(run for version, run in single.items() if f"torch{version}-" in path.name)
        if content(path) != content(other):
            outcome.differing.append(f"{path} differs from {other}")
    for machine in sorted(path for path in work.iterdir() if path.is_dir()):
        outcome.at_once += [*unordered_tries(machine, outcome), *overlaps(machine, outcome)]


def unordered_tries(machine: Path, outcome: FleetOutcome) -> list[str]:
    """By the stamps of a machine (`tries.jsonl`): an end that is not of the try that began last, or not after it.

    A begin without an end is of a killed worker.
    """
    found, began = [], None
    for row in map(json.loads, (machine / "tries.jsonl").read_text().splitlines()):
        if "began_s" in row:
            began = row
            outcome.tries += 1
        else:
            if began is None or began["folder"] != row["folder"] or row["ended_s"] < began["began_s"]:
                found.append(f"{machine}: {row}")
            began = None
    return found


def overlaps(machine: Path, outcome: FleetOutcome) -> list[str]:
    """By the stamps of the suite's processes themselves: one that began while another was at work on the machine."""
    found, latest_s = [], 0.0
    for began_s, last_s in stamped(machine):
        outcome.processes += 1
        if began_s < latest_s:
            found.append(f"{machine}: a process began {latest_s - began_s:.3f} s before another ended")
        latest_s = max(latest_s, last_s)
    return found
