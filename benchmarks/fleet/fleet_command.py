"""The command `fleet`: its options, the merged runs, and their report."""

import argparse
import sys
from collections.abc import Sequence
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
        plan = read_plan(parsed.plan)
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
    return _reported(_merged(schedule, kept), parsed.no_report)


def _engine(plan: FleetPlan, address: str) -> Engine:
    if address:
        return RayEngine(address, plan.kinds)
    return ThisMachine(plan.kinds, own_host_name(), torch.cuda.device_count())


def _check_kinds(plan: FleetPlan, engine: Engine) -> None:
    """Raise EngineError if a kind of the plan has no machine. The fleet does not wait for one."""
    found = {node.kind for node in engine.nodes()}
    for kind in plan.kinds:
        if kind not in found:
            others = engine.others() if isinstance(engine, RayEngine) else []
            why = f"; {'; '.join(sorted(set(others))[:5])}" if others else ""
            raise EngineError(f"[kinds.{kind}]: no machine of this kind takes part{why}")


def _merged(schedule: Schedule, kept: KeptShards) -> tuple[list[Path], list[str]]:
    """Merge the kept shards, and return the merged runs and a line about each missing shard or failed merge."""
    runs, failures = [], []
    for run in dict.fromkeys(job.run for job in schedule.jobs):
        gaps = schedule.gaps(run)
        failures += [f"{run}: shard {number} was not measured: {reason}" for number, reason in sorted(gaps.items())]
        try:
            made = kept.merged(run, [job for job in schedule.jobs if job.run == run], gaps)
        except (RunError, RecordError) as error:
            failures.append(str(error))
            continue
        if made is not None:
            runs.append(made)
    return runs, failures


def _reported(merged: tuple[Sequence[Path], Sequence[str]], no_report: bool) -> int:
    runs, failures = merged
    for run in runs:
        print(f"run: {run}")
    for line in failures:
        warn(line)
    status = DONE
    if runs and not no_report:
        status = run_command([sys.executable, "-m", "analysis", "report", *map(str, runs)]) or DONE
    return FAILED if failures else status
