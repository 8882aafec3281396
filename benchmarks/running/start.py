"""A run from its options to its end: new or resumed."""

from collections.abc import Mapping
from pathlib import Path

from benchmarks.measure.machine import machine_facts
from benchmarks.planning.plan import Plan, make_plan
from benchmarks.record.folder import JOURNAL_FILE, read_run
from benchmarks.record.run_facts import PassRow
from benchmarks.running import lock
from benchmarks.running.facts import end_facts, facts_of, host_name
from benchmarks.running.finish import check_can_be_finished, check_same_files, check_same_machine, check_same_plan
from benchmarks.running.gpus import check_environment, check_others
from benchmarks.running.progress import Progress
from benchmarks.running.run import Pass, Run, how_to_finish, new_folder, plan_passes
from benchmarks.running.supervise import PassFailed, UserError, flags_of, run_pass


def new_run(raw: Mapping[str, str], parent: Path, command: str, stop_after: int | None = None) -> Run:
    """Make a run under `parent`, measure what the options ask for, and return the run.

    `raw`: the options as texts. `command`: what the user typed. `stop_after`: measure only so many passes now; if
    passes are left, the run stays partial. An interrupt also leaves it partial. OptionError, PairError or RunError for
    wrong options or pairs, Busy if another run holds a device, OSError if the folder cannot be written. UserError if a
    pass finds an error of the user; then a run without measurements leaves no folder. PassFailed if a pass cannot be
    finished.
    """
    plan = make_plan(raw, raw["select"])
    settings = plan.settings
    check_environment(settings.axes.devices)
    with lock.hold(settings.axes.devices, command):
        host = host_name(settings)
        passes = plan_passes(plan.cases, settings.passes)
        machine = machine_facts(host)
        check_others(machine, settings.axes.devices, settings.exclusive)
        facts = facts_of(plan, raw, passes, machine, command)
        run = Run.create(new_folder(parent, settings, host), facts)
        try:
            with lock.hold_run(run.folder):
                return _measure(run, plan, stop_after)
        except UserError:
            _remove_empty(run)
            raise


def continue_run(folder: Path, stop_after: int | None = None) -> Run:
    """Finish a partial run and return it. The options, files, machine and torch must be those it was started with.

    `stop_after`: measure only so many passes now; if passes are left, the run stays partial. RecordError if the folder
    holds no run, RunError if it cannot be finished here; other errors as for `new_run`.
    """
    read_run(folder)  # raises if the folder is no run
    with lock.hold_run(folder):
        return _continue(Run.open(folder), stop_after)  # only now: until here another process may write to it


def _continue(run: Run, stop_after: int | None) -> Run:
    check_can_be_finished(run)
    check_same_files(run)
    raw = run.facts["options"]
    plan = make_plan(raw, raw.get("select", ""))
    check_environment(plan.settings.axes.devices)
    machine = machine_facts(host_name(plan.settings))
    check_same_machine(run, machine)
    check_same_plan(run, plan)
    with lock.hold(plan.settings.axes.devices, f"resuming {run.folder.name}"):
        check_others(machine, plan.settings.axes.devices, plan.settings.exclusive)
        return _measure(run, plan, stop_after)


def _measure(run: Run, plan: Plan, stop_after: int | None) -> Run:
    """Measure the passes that are not done, or the first `stop_after` of them, and return the run.

    Ctrl-C leaves the run partial. Missing measurements raise PassFailed.
    """
    _take_up(run)
    left = [Pass.from_row(row) for row in run.facts["passes"] if row["state"] != "done"]
    flags = flags_of(run.facts["options"])
    now = left[:stop_after]
    progress = Progress(len(now))
    try:
        for current in now:
            run_pass(run, current, flags, plan.settings.case_limit_s, progress)
    except KeyboardInterrupt:
        run.interrupted = True
        return run
    finally:
        progress.close()
    run.reread()
    if len(now) < len(left):
        return run
    if missing := _take_up(run):
        raise PassFailed(
            f"{missing} measurements are missing from {run.folder / JOURNAL_FILE}\n{how_to_finish(run.folder)}"
        )
    run.save(**end_facts("complete"))
    return run


def _take_up(run: Run) -> int:
    """Mark each pass as planned again whose cases the journal lacks. Returns how many cases are missing in all."""
    lacking = run.lacking()
    if lacking:
        rows: list[PassRow] = [
            {**row, "state": "planned"} if row["pass_number"] in lacking else row for row in run.facts["passes"]
        ]
        run.save(passes=rows, state="partial", end=None)
    return sum(lacking.values())


def _remove_empty(run: Run) -> None:
    """Remove a run's folder if it holds no measurement."""
    if not run.stored and not (run.folder / JOURNAL_FILE).exists():
        for path in run.folder.iterdir():
            path.unlink()
        run.folder.rmdir()
