"""Which stored run may be finished: one that this suite wrote, on this machine, with the same files of the user.

Its run.json may come from anywhere. So everything in it must follow from its options. Nothing runs before the user's
files are known to be those that the run started with.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path

from benchmarks.planning.plan import Plan
from benchmarks.record import METHOD_VERSION
from benchmarks.record.command import DECIDES
from benchmarks.record.folder import RUN_FILE, has_packed_journal
from benchmarks.record.machine_facts import MachineFacts
from benchmarks.record.run_facts import unfit_fields
from benchmarks.running.facts import budget_of, file_hash
from benchmarks.running.run import Pass, Run, RunError, plan_passes

#: Facts of the machine that must agree: otherwise the two halves of a run would not be comparable.
SAME = ("host", "cpu_model", "torch_version", "python_version")

#: Fields of run.json that are read here and must be there.
NEEDED = ("options", "budget", "passes", "ceilings", "floors", "command")

#: Options that name a user's file.
FILES = ("pairs", "cases")


def check_can_be_finished(run: Run) -> None:
    """Raise RunError if a run is complete, was started by hand through pytest, or was not written by this suite."""
    _check_written_here(run)
    if len(run.facts["passes"]) == 1:  # a supervised run has a memory pass and timed passes
        raise RunError(f"{run.folder}: was measured by pytest; {how_to_finish_by_hand(run)}")


def check_by_hand(run: Run, current: Pass, raw: Mapping[str, str], machine: MachineFacts, command: str) -> None:
    """Raise RunError unless the same pytest command began this run, on this machine and under this heap.

    `current`: the one pass of the run. `raw`: the options now, as texts. OSError if a user's file cannot be read.
    """
    _check_written_here(run)
    check_same_files(run)
    check_same_machine(run, machine)
    given = {name: value for name, value in raw.items() if value}
    if [current] != [*map(Pass.from_row, run.facts["passes"])] or (given, command) != (
        run.facts["options"],
        run.facts["command"],
    ):
        raise RunError(f"{run.folder}: was started with other options; {how_to_finish_by_hand(run)}")
    if run.facts["machine"].get("malloc") != machine["malloc"]:  # nothing sets the heap of such a pass
        raise RunError(f"{run.folder}: was started with another C heap; start a new run")


def how_to_finish_by_hand(run: Run) -> str:
    """Return a line for the user: the command that finishes a run which pytest began."""
    return f"finish it with: {run.facts['command']} --resume {shlex.quote(str(run.folder))}"


def _check_written_here(run: Run) -> None:
    """Raise RunError if a run is complete or packed, or if this suite would not write such a run.json."""
    unfit = unfit_fields(run.facts, NEEDED)
    if run.facts["state"] == "complete" and (unfit or not run.lacking()):
        raise RunError(f"{run.folder}: is complete already")
    if has_packed_journal(run.folder):
        raise RunError(f"{run.folder}: is packed; unpack it with: xz -d {shlex.quote(str(run.folder))}/*.xz")
    if unfit:
        raise RunError(f"{run.folder}: its {RUN_FILE} lacks {unfit[0]!r}; start a new run")
    if (method := run.facts.get("method")) != METHOD_VERSION:
        raise RunError(f"{run.folder}: was started with method {method}, this is {METHOD_VERSION}; start a new run")
    if unknown := sorted(run.facts["options"].keys() - DECIDES.keys()):
        raise RunError(f"{run.folder}: its {RUN_FILE} has an unknown option {unknown[0]!r}; start a new run")


def check_same_files(run: Run) -> None:
    """Raise RunError if a user's file has changed since the run started. Raise OSError if it cannot be read."""
    for name in FILES:
        path = run.facts["options"].get(name)
        if file_hash(Path(path) if path else None) != run.facts.get(f"{name}_sha256"):
            raise RunError(f"{path}: has changed since {run.folder} was started; start a new run")


def check_same_plan(run: Run, plan: Plan) -> None:
    """Raise RunError if the passes or times in run.json differ from those that its options ask for."""
    planned = {
        "passes": plan_passes(plan.cases, plan.settings.passes) == [*map(Pass.from_row, run.facts["passes"])],
        "budget": run.facts["budget"] == budget_of(plan.settings),
    }
    for name, agrees in planned.items():
        if not agrees:
            raise RunError(f"{run.folder}: its {name!r} are not those of its options; start a new run")


def check_same_machine(run: Run, machine: MachineFacts) -> None:
    """Raise RunError if the run was started on another machine, torch or Python."""
    for name in SAME:
        then, now = run.facts["machine"].get(name), machine.get(name)
        if then != now:
            raise RunError(f"{run.folder}: was started with {name} {then!r}, this is {now!r}; start a new run")
