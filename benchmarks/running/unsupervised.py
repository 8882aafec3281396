"""A pass that was started by hand through pytest: it makes or resumes its run, holds the locks, and ends the run."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.entry import interruptible
from benchmarks.measure.machine import machine_facts
from benchmarks.planning.options import texts_of
from benchmarks.planning.plan import Plan
from benchmarks.record import Case
from benchmarks.record.machine_facts import MachineFacts
from benchmarks.running import lock
from benchmarks.running.facts import end_facts, facts_of, host_name
from benchmarks.running.finish import check_by_hand, how_to_finish_by_hand
from benchmarks.running.gpus import check_others
from benchmarks.running.run import MEMORY_PASS, Pass, Run, new_folder

RESUME = "--resume"


@dataclass(frozen=True)
class CommandLine:
    """The part of pytest's command line that decides about its run."""

    options: Mapping[str, str]  #: texts of the suite's options, and -k as `select`
    out: Path  #: where a new run goes
    resume: Path | None  #: a partial run to go on with
    words: Sequence[str]  #: the whole command line

    @classmethod
    def of(cls, config: Any) -> "CommandLine":
        """Return the command line that pytest's configuration holds."""
        option = config.option
        resume = Path(option.resume).absolute() if option.resume else None
        texts = {**texts_of(option), "select": option.keyword}
        return cls(texts, Path(option.out), resume, [*map(str, config.invocation_params.args)])

    @property
    def command(self) -> str:
        """The command that starts this run, as one line: without `--resume RUN` and `--resume=RUN`."""
        pairs = zip(["", *self.words], self.words, strict=False)
        kept = [word for before, word in pairs if RESUME not in (before, word) and not word.startswith(f"{RESUME}=")]
        return shlex.join(["pytest", *kept])


def only_pass(kind: str) -> Pass:
    """Return the one pass of such a run, under the heap of this process. `kind`: "memory" or "time"."""
    return Pass(MEMORY_PASS if kind == "memory" else 1, kind, "inherited")


@contextmanager
def own_run(plan: Plan, current: Pass, cases: Sequence[Case], typed: CommandLine) -> Iterator[Run]:
    """Yield a new run, or the partial one that was named, and hold its locks inside this block.

    At the end the run is complete if its journal holds every case. An interrupt leaves it partial (see
    `interruptible`); pytest then ends with its own status, 2. lock.Busy if another run holds a device or the folder,
    RunError or RecordError if there is no such partial run, OSError if the run cannot be written.
    """
    devices = sorted({case.device for case in cases})
    counts = current.kind == "memory"
    purpose = "pytest benchmarks --measure memory" if counts else "pytest benchmarks"
    with lock.hold(devices, purpose, shared=counts), interruptible():
        machine = machine_facts(host_name(plan.settings))
        check_others(machine, devices, plan.settings.exclusive)
        run = _resumed_run(current, typed, machine) if typed.resume else _new_run(plan, current, typed, machine)
        with lock.hold_run(run.folder):
            run.reread()
            yield run
            run.reread()
            if all(run.find(case, current) for case in cases):
                done = {**asdict(current), "state": "done", "cases": len(cases)}
                run.save(passes=[done], **end_facts("complete"))


def _new_run(plan: Plan, current: Pass, typed: CommandLine, machine: MachineFacts) -> Run:
    facts = facts_of(plan, typed.options, [current], machine, typed.command)
    return Run.create(new_folder(typed.out, plan.settings, host_name(plan.settings)), facts)


def _resumed_run(current: Pass, typed: CommandLine, machine: MachineFacts) -> Run:
    run = Run.open(typed.resume or Path())
    check_by_hand(run, current, typed.options, machine, typed.command)
    return run


def pass_summary(run: Run) -> str:
    """Return lines for the user: where such a run is, how to read it and, if it is partial, how to finish it."""
    report = f"run: {run.folder} (python -m analysis report {run.folder})"
    if run.facts["state"] == "complete":
        return report
    return f"{report}\nsome case has no measurement: the run is partial; {how_to_finish_by_hand(run)}"
