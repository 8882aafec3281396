"""The loop of a fleet: free slots get shards, reports come in, and finished shards are kept, until none is left."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.fleet.fleet_engine import Engine, Report, ShardTask
from benchmarks.fleet.kept_shards import KeptShards, NotTheShard, UnlikeMachine
from benchmarks.fleet.plan_file import FleetPlan
from benchmarks.fleet.schedule import DONE, FAILED, UNFIT, Job, Node, Schedule, Try

#: How long to wait for reports before machines are counted and the table is drawn again.
LOOK_S = 1.0
#: How long shards wait for a machine of their kind after the last one is gone.
NO_MACHINE_S = 120.0

#: Shows the state. It is called in every turn of the loop, with the last report of each running try.
Show = Callable[[Schedule, dict[Try, str]], object]


def drive(
    plan: FleetPlan, engine: Engine, kept: KeptShards, show: Show, clock: Callable[[], float] = time.monotonic
) -> Schedule:
    """Measure all shards that are not kept yet, and return the final state, in which each is done or a gap.

    OSError if a shard cannot be written. The caller must close the engine, also after Ctrl-C.
    """
    jobs = plan.jobs()
    schedule = Schedule(jobs, kept.done(jobs))
    said: dict[Try, str] = {}
    without_machine = _WithoutMachine(clock)
    while not schedule.finished:
        nodes = engine.nodes()
        schedule.lose_all_but(nodes)
        without_machine.give_up(schedule, nodes)
        for begun in schedule.starts(nodes):
            said[begun] = "begins"
            engine.begin(begun, task_of(plan, begun, *kept.kind(begun.job)))
        for reported, report in engine.reports(LOOK_S if schedule.running else 0.0):
            said[reported] = report.text
            if report.how:
                _take(schedule, kept, reported, report)
        show(schedule, said)
        if not schedule.running and not schedule.finished:
            time.sleep(LOOK_S)
    return schedule


def task_of(plan: FleetPlan, begun: Try, kind: Mapping[str, Any], kind_of: str) -> ShardTask:
    """Return what the machine of a try needs to know. `kind`, `kind_of`: what `KeptShards.kind` returns."""
    job = begun.job
    return ShardTask(
        run=job.run,
        shard=job.shard,
        version=job.version,
        device=job.device,
        options=plan.options,
        host=begun.node,
        slot="cpu" if job.device == "cpu" else f"gpu{begun.slot}",
        work=plan.work,
        environments=plan.environments,
        kind=kind,
        kind_of=kind_of,
    )


def _take(schedule: Schedule, kept: KeptShards, ended: Try, report: Report) -> None:
    """Keep the shard of a finished try, and end the try. A shard counts as done only if it is kept."""
    how, reason = report.how, report.text
    if how == DONE:
        try:
            kept.keep(ended.job, report.files)
            schedule.note_stored(ended.job)
        except NotTheShard as error:
            how, reason = FAILED, str(error)
        except UnlikeMachine as error:
            how, reason = UNFIT, str(error)
    schedule.end(ended, how, reason)


class _WithoutMachine:
    """Notes since when shards wait for a machine of their kind."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: dict[Job, float] = {}

    def give_up(self, schedule: Schedule, nodes: Sequence[Node]) -> None:
        """Give up the shards that have waited for NO_MACHINE_S."""
        now_s, waiting = self._clock(), schedule.without_machine(nodes)
        self._since = {job: self._since.get(job, now_s) for job in waiting}
        for job, since_s in self._since.items():
            if now_s - since_s >= NO_MACHINE_S:
                schedule.give_up(job, f"no machine of kind {job.kind} is left")
