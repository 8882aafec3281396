"""The command `fleet`: its options, the merged runs, and their report."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import torch

from benchmarks.entry import DONE, FAILED, INTERRUPTED, path_of, run_command
from benchmarks.fleet.drive import drive
from benchmarks.fleet.fleet_engine import Engine, EngineError
from benchmarks.fleet.kept_shards import KeptShards
from benchmarks.fleet.live_table import LiveTable
from benchmarks.fleet.on_paper import machines_of_text, paper_lines
from benchmarks.fleet.plan_file import FleetPlan, PlanError, read_plan
from benchmarks.fleet.ray_engine import RayEngine
from benchmarks.fleet.schedule import Schedule
from benchmarks.fleet.this_machine import ThisMachine
from benchmarks.measure.machine import own_host_name
from benchmarks.messages import refuse, warn
from benchmarks.record import RecordError
from benchmarks.running.locked_file import Held, locked_folder
from benchmarks.running.run import RUNS, RunError

#: Of so many runs a report is written, of more one page of a dataset: a report holds all rounds of all its runs.
MOST_REPORTED = 8


def add_fleet_command(subparsers: Any, epilog: str) -> None:
    """Add the command to those of `python -m benchmarks`."""
    fleet = subparsers.add_parser("fleet", help="one plan, measured in shards on many machines", epilog=epilog)
    fleet.add_argument("plan", metavar="FLEET.TOML", type=path_of, help="which versions, on which kinds of machines")
    fleet.add_argument(
        "--address", metavar="ADDRESS", default="", help="of a Ray cluster, or auto (this machine alone, without Ray)"
    )
    fleet.add_argument(
        "--out",
        metavar="DIR",
        type=path_of,
        default=RUNS / "fleet",
        help=f"where shards and runs go; typed again with the same it goes on ({RUNS / 'fleet'})",
    )
    fleet.add_argument(
        "--on-paper",
        metavar="MACHINES",
        default="",
        help="how long it takes on, e.g., epyc=100,h200=20 machines, or 5 of each kind; measures nothing",
    )
    fleet.add_argument("--no-report", action="store_true", help="store the runs only")
    fleet.set_defaults(command=_fleet)


def _fleet(parsed: argparse.Namespace) -> int:
    try:
        plan = read_plan(parsed.plan, elsewhere=bool(parsed.address or parsed.on_paper))
        if parsed.on_paper:
            print("\n".join(paper_lines(plan, machines_of_text(parsed.on_paper, plan.kinds))))
            return DONE
        parsed.out.mkdir(parents=True, exist_ok=True)
        with locked_folder(parsed.out):
            return _measured(plan, parsed)
    except (PlanError, EngineError) as error:
        return refuse(str(error))
    except Held:
        return refuse(f"{parsed.out}: another fleet stores its shards here; wait for it or name another --out")


def _measured(plan: FleetPlan, parsed: argparse.Namespace) -> int:
    kept = KeptShards(parsed.out)
    jobs = plan.jobs()
    if len(done := kept.done(jobs)) < len(jobs):
        if done:
            print(f"{len(done)} of {len(jobs)} shards are there already", flush=True)
        try:
            with closing(_engine(plan, parsed.address)) as engine:
                _check_kinds(plan, engine)
                schedule = drive(plan, engine, kept, LiveTable(sys.stdout).show)
        except KeyboardInterrupt:
            warn("interrupted; the same command goes on where it stopped")
            return INTERRUPTED
    else:
        schedule = Schedule(jobs, jobs)
    runs, failures = _merged(schedule, kept)
    for run in runs:
        print(f"run: {run}", flush=True)
    for line in failures:
        warn(line)
    report = report_command(runs, failures, parsed.out)
    status = DONE if parsed.no_report or not runs else run_command(report) or DONE
    return FAILED if failures else status


def _engine(plan: FleetPlan, address: str) -> Engine:
    if address:
        return RayEngine(address, plan.kinds)
    return ThisMachine(plan.kinds, own_host_name(), torch.cuda.device_count())


def _check_kinds(plan: FleetPlan, engine: Engine) -> None:
    """Raise EngineError if a kind of the plan has no machine. The fleet does not wait for one."""
    found = {node.kind for node in engine.nodes()}
    for kind in plan.kinds:
        if kind not in found:
            others = sorted(set(engine.others()))[:5]
            why = f"; {'; '.join(others)}" if others else ""
            raise EngineError(f"[kinds.{kind}]: no machine of this kind takes part{why}")


def _merged(schedule: Schedule, kept: KeptShards) -> tuple[list[Path], list[str]]:
    """Merge the kept shards, and return the merged runs and a line about each missing shard or failed merge."""
    runs, failures = [], []
    for run in dict.fromkeys(job.run for job in schedule.jobs):
        gaps, jobs = schedule.gaps(run), [job for job in schedule.jobs if job.run == run]
        failures += gap_lines(run, gaps, len(jobs))
        try:
            made = kept.merged(run, jobs, gaps)
        except (RunError, RecordError) as error:
            failures.append(str(error))
            continue
        if made is not None:
            runs.append(made)
    return runs, failures


def gap_lines(run: str, gaps: Mapping[int, str], count: int) -> list[str]:
    """Return what a run of `count` shards lacks, a line per reason. `gaps`: number and reason of each."""
    by_reason: dict[str, list[int]] = {}
    for number, reason in sorted(gaps.items()):
        by_reason.setdefault(reason, []).append(number)
    lines = []
    for reason, numbers in by_reason.items():
        verb = "shards {} were not measured" if len(numbers) > 1 else "shard {} was not measured"
        shards = verb.format(", ".join(map(str, numbers)))
        lines.append(f"{run}: {'no shard was measured' if len(numbers) == count else shards}: {reason}")
    return lines


def report_command(runs: Sequence[Path], failures: Sequence[str], out: Path) -> list[str]:
    """Return the command that shows the merged runs under `out`, and names at the top what is in none of them."""
    words = ["report", *map(str, runs)]
    if len(runs) > MOST_REPORTED:
        words = ["dataset", *map(str, runs), "--in", str(out / "dataset")]
    return [sys.executable, "-m", "analysis", *words, *(f"--lacking={line}" for line in failures)]
