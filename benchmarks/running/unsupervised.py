"""A pass started by hand through pytest: it makes its own run, holds the locks, and ends the run."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from benchmarks.entry import interruptible
from benchmarks.measure.machine import machine_facts
from benchmarks.planning.plan import Plan
from benchmarks.record import Case
from benchmarks.running import lock
from benchmarks.running.facts import facts_of, finished, host_name
from benchmarks.running.gpus import check_others
from benchmarks.running.run import MEMORY_PASS, Pass, Run, new_folder


def only_pass(kind: str) -> Pass:
    """The one pass of such a run: under the heap regime that it finds."""
    return Pass(MEMORY_PASS if kind == "memory" else 1, kind, "inherited")


@contextmanager
def own_run(
    plan: Plan, current: Pass, cases: Sequence[Case], raw: Mapping[str, str], out: Path, command: str
) -> Iterator[Run]:
    """A new run under `out`, complete at the end if its journal holds every case. Raises lock.Busy, OSError.

    What interrupts it leaves it partial: see `interruptible`. pytest then ends with its own status, 2.
    """
    devices = sorted({case.device for case in cases})
    counts = current.kind == "memory"
    purpose = "pytest benchmarks --measure memory" if counts else "pytest benchmarks"
    with lock.hold(devices, purpose, shared=counts), interruptible():
        host = host_name(plan.settings)
        machine = machine_facts(host)
        check_others(machine, devices, plan.settings.exclusive)
        facts = facts_of(plan, raw, [current], machine, command)
        run = Run.create(new_folder(out, plan.settings, host), facts)
        with lock.hold_run(run.folder):
            yield run
            run.reread()
            if all(run.find(case, current) for case in cases):
                done = {**asdict(current), "state": "done", "cases": len(cases)}
                run.save(passes=[done], **finished("complete"))


def summary(run: Run) -> str:
    """Where such a run lies, how far it came, how to read it."""
    state = "is partial: some case has no measurement" if run.facts["state"] == "partial" else ""
    return " ".join(filter(None, (f"run: {run.folder}", state, f"(python -m analysis report {run.folder})")))
