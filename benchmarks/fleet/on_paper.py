"""How long a plan takes on machines that are only counted: the real schedule, with estimated times.

The times of cases come from the constants by which cases are dealt out to shards: measured on a CPU, derived on a GPU.
The start of the suite's processes is counted, the loss of machines is not. Counts are upper limits: cases whose
interval is narrow take no part in later passes.
"""

import heapq
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.catalogue.select import runnable_families, select_families
from benchmarks.fleet.fleet_engine import EngineError
from benchmarks.fleet.plan_file import FleetPlan
from benchmarks.fleet.schedule import DONE, Job, Node, Schedule
from benchmarks.planning.axes import cross
from benchmarks.planning.estimate import PASS_START_S
from benchmarks.planning.options import Settings, resolve
from benchmarks.planning.plan import case_time
from benchmarks.planning.shards import CaseTime, Shard, cases_of_shard
from benchmarks.record import Case
from benchmarks.running.run import plan_passes

#: Seconds to start the process of a pass on a CPU, and bytes of a stored measurement (from kept runs, on two cores).
START_S, MEASUREMENT_BYTES = 3.0, 880


@dataclass(frozen=True)
class ShardCost:
    """What one shard takes: its numbers of cases and measurements, and its seconds on a machine."""

    cases: int
    measurements: int
    seconds: float


def machines_of_text(text: str, kinds: Iterable[str]) -> dict[str, int]:
    """Return the number of machines, or GPUs, by kind, from `epyc=100,h200=20`, or from `5` for so many of each kind.

    EngineError for anything else.
    """
    if re.fullmatch(r"\s*[1-9]\d{0,3}\s*", text):
        return dict.fromkeys(kinds, int(text))
    machines = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*([A-Za-z0-9_.-]+)=(\d{1,4})\s*", part)
        if match is None or not int(match[2]):
            raise EngineError(f"--on-paper {text}: not machines by kind (such as epyc=100,h200=20; or 5, of each)")
        machines[match[1]] = int(match[2])
    return machines


def paper_lines(plan: FleetPlan, machines: Mapping[str, int]) -> list[str]:
    """Return lines that say what a plan takes. EngineError if plan and `machines` do not have the same kinds."""
    if unlike := sorted(plan.kinds.keys() ^ machines.keys()):
        raise EngineError(f"--on-paper: kind {unlike[0]!r} is only in one of the plan and these machines")
    costs = {device: shard_costs(plan, device) for device in sorted(set(plan.kinds.values()))}
    of_jobs = {job: costs[job.device][job.number - 1] for job in plan.jobs()}
    alone = dict.fromkeys(plan.kinds, 1)
    fleet = _machines_said(machines)
    measurements = sum(cost.measurements for cost in of_jobs.values())
    return [
        "an estimate: nothing was measured; versions are taken to have the cases of this torch",
        f"runs: {len(plan.kinds) * len(plan.versions)}, shards: {len(of_jobs)}",
        f"cases: {sum(cost.cases for cost in of_jobs.values()):,}, measurements: {measurements:,}",
        f"stored: about {measurements * MEASUREMENT_BYTES / 2**30:.2f} GiB, packed about a tenth",
        f"machine time: {sum(cost.seconds for cost in of_jobs.values()) / 3600:.4g} h",
        f"on one machine of each kind: {wall_s(of_jobs, alone) / 3600:.4g} h",
        f"on {fleet}: {wall_s(of_jobs, machines) / 3600:.4g} h",
    ]


def _machines_said(machines: Mapping[str, int]) -> str:
    if len(machines) > 1 and len(set(machines.values())) == 1:
        return f"{min(machines.values())} machines of each kind"
    return ", ".join(f"{count} {kind}" for kind, count in machines.items())


def wall_s(costs: Mapping[Job, ShardCost], machines: Mapping[str, int]) -> float:
    """Return the seconds until the last shard is done, if the real schedule has so many machines of each kind."""
    nodes = [Node(f"{kind}{number}", kind) for kind, count in machines.items() for number in range(count)]
    schedule, now_s, running = Schedule(costs), 0.0, []
    while not schedule.finished:
        for begun in schedule.starts(nodes):
            heapq.heappush(running, (now_s + costs[begun.job].seconds, begun.node, begun))
        now_s, _, ended = heapq.heappop(running)
        schedule.end(ended, DONE)
    return now_s


def shard_costs(plan: FleetPlan, device: str) -> list[ShardCost]:
    """Return what each shard of a run on a device takes, by the constants that make shards equally long."""
    settings, cases = _settings_and_cases(plan, device)
    time = case_time(settings)
    parts = [cases_of_shard(cases, Shard(number, plan.shards), time) for number in range(1, plan.shards + 1)]
    start_s = START_S if device == "cpu" else PASS_START_S
    return [_cost(part, settings.passes, time, start_s) for part in parts]


def _cost(cases: Sequence[Case], passes: int, time: CaseTime, start_s: float) -> ShardCost:
    processes = len(plan_passes(cases, passes))
    measurements = sum(2 * (1 + time.passes_of(case)) for case in cases)
    return ShardCost(len(cases), measurements, processes * start_s + sum(map(time.of, cases)))


def _settings_and_cases(plan: FleetPlan, device: str) -> tuple[Settings, list[Case]]:
    """Return the settings and cases of a plan on a device, which this machine need not have."""
    options = {name: text for name, text in plan.options.items() if name != "threads"}
    settings = resolve({**options, "device": "cpu"})
    if device != "cpu":
        passes = settings.passes if "passes" in options else settings.preset.gpu_passes
        settings = replace(settings, passes=passes, axes=replace(settings.axes, devices=("cuda:0",), threads=(1,)))
    families, _ = runnable_families(select_families(None, settings.pair_names, options.get("select", "")))
    return settings, cross(families, settings.preset, settings.axes)
