"""The facts in `run.json`: before the first measurement, and at the end of a run."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

import benchmarks
from benchmarks import record
from benchmarks.catalogue import families as catalogue
from benchmarks.catalogue.coverage import catalogue_coverage
from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.scenarios import Scenario, topic_of
from benchmarks.measure.machine import own_host_name
from benchmarks.planning.options import Settings
from benchmarks.planning.plan import Plan
from benchmarks.record import USER
from benchmarks.record.folder import RUN_FILE
from benchmarks.record.machine_facts import MachineFacts
from benchmarks.record.regular_file import read_bytes
from benchmarks.record.run_facts import BudgetFacts, CoverageFacts, LookFacts, PairFacts, RunFacts, unfit_fields
from benchmarks.running.run import Pass, RunError

#: Files and packages that cannot change a run's numbers. The self-test's files are pairs; the others run no cases.
NOT_MEASURING = (
    *("advise/", "advise_judge/", "attribution/", "autograd/", "explain/"),
    *("fleet/", "reference/", "selftest/", "versions/", "cli.py", "listing.py"),
    *("tracking/contents", "tracking/engine", "tracking/exports", "tracking/functorch", "tracking/graph_state"),
    *("tracking/keepers", "tracking/lives", "tracking/module_paths", "tracking/overlapping_writes"),
    *("tracking/recorder.", "tracking/saved", "tracking/stale_casts", "tracking/storage"),
)


def host_name(settings: Settings) -> str:
    """Return the name that the user gave this host, or else its own short name."""
    return settings.host or own_host_name()


def facts_of(
    plan: Plan, raw: Mapping[str, str], passes: Sequence[Pass], machine: MachineFacts, command: str
) -> RunFacts:
    """Return the facts of run.json before the first measurement.

    `raw`: the options as texts. RunError if run.json could not be read again with these facts.
    """
    settings = plan.settings
    facts: RunFacts = {
        "state": "partial",
        "label": settings.label,
        "preset": settings.preset_name,
        "start": _now(),
        "end": None,
        "command": command,
        "options": {name: value for name, value in raw.items() if value},
        "suite_sha256": suite_hash(),
        "pairs_sha256": file_hash(settings.pairs_file),
        "cases_sha256": file_hash(settings.cases_file),
        "budget": budget_of(settings),
        "thresholds": record.THRESHOLDS,
        "machine": machine,
        "ceilings": [],
        "floors": {},
        "passes": [
            {"pass_number": each.pass_number, "kind": each.kind, "allocator": each.allocator, "state": "planned"}
            for each in passes
        ],
        "pairs": {pair.name: _pair_facts(family, pair) for family, pairs in plan.families.items() for pair in pairs},
        "scenarios": {
            name: pair.facts(topic_of(name) or "user")
            for name, pair in plan.pairs.items()
            if isinstance(pair, Scenario)
        },
        "skipped": dict(plan.skipped),
        "coverage": _coverage() if set(plan.families) != {USER} else {},
        "ceilings_left_out": [],
    }
    if unfit := unfit_fields(facts, tuple(facts)):
        raise RunError(f"{RUN_FILE} cannot hold the {unfit[0]!r} of this run")
    return facts


def _pair_facts(family: str, pair: Pair | Scenario) -> PairFacts:
    facts: PairFacts = {
        "family": family,
        "outofplace": pair.statement(record.OUTOFPLACE),
        "inplace": pair.statement(record.INPLACE),
        "domain": "" if isinstance(pair, Scenario) else pair.domain,
        "note": pair.note,
    }
    if pair.labels:
        facts["labels"] = [*pair.labels]
    return facts


def budget_of(settings: Settings) -> BudgetFacts:
    """Return the settings that decide how long a case is measured: passes, seconds per case and pass, widths."""
    return {
        "passes": settings.passes,
        "seconds": settings.seconds,
        "precision": settings.preset.precision,
        "gpu_seconds": settings.gpu_seconds,
        "scenario_seconds": settings.scenario_seconds,
        "scenario_passes": settings.scenario_passes,
        "looks": [LookFacts(passes=look.passes, half_width=look.half_width) for look in settings.looks],
    }


def _coverage() -> CoverageFacts:
    """Return which in-place names of this torch the catalogue measures, and why it leaves out the others."""
    return catalogue_coverage(pair for pairs in catalogue().values() for pair in pairs).facts()


def end_facts(state: str) -> dict[str, str]:
    """Return the facts that change when a run ends: its state, and the time now."""
    return {"state": state, "end": _now()}


def file_hash(path: Path | None) -> str | None:
    """Return the SHA-256 of a user's file in hexadecimal digits; None without a file. OSError if it cannot be read.

    A run can only be finished with the pairs and cases that it was started with.
    """
    return None if path is None else hashlib.sha256(read_bytes(path)).hexdigest()


def suite_hash(without: tuple[str, ...] = NOT_MEASURING) -> str:
    """Return the SHA-256 of the code that measures a run, in hexadecimal digits.

    It covers every Python file of `benchmarks` whose path in it does not begin with a text of `without`.
    """
    suite = Path(benchmarks.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(suite.rglob("*.py")):
        name = path.relative_to(suite).as_posix()
        if not name.startswith(without):
            digest.update(f"{name}\n{file_hash(path)}\n".encode())
    return digest.hexdigest()


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
