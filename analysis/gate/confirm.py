"""The suspects of a comparison measured again: one command, in fresh processes, of just these cases."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from analysis.facts import part, text
from analysis.gate.compare import Comparison
from analysis.gate.drift import FEWEST_CASES, kind
from analysis.gate.measured import TIMES
from benchmarks.record import Case, RecordError

CONFIRMATIONS = Path("results/runs/confirmations")
#: Timed passes: twice a quick run's, as they are few cases. BASE's passes are what limits beyond.
PASSES = 12
#: Of HEAD's options, those that say how a case is measured. Which cases, the file says.
KEPT = ("preset", "device", "pairs", "seconds", "case_limit", "host")


def cases_to_measure(comparison: Comparison) -> list[Case]:
    """The suspects; where absolute times are among them, also cases that tell the machine's drift.

    Of each suspect's kind (device, heap, threads, size) FEWEST_CASES that did not change, spread over all of them.
    """
    suspects = [judged.case for judged in comparison.suspects]
    of_times = [
        judged.case
        for judged in comparison.suspects
        if any(change.suspect and change.quantity in TIMES for change in judged.changes)
    ]
    steady = [judged.case for judged in comparison.cases if judged.changes and not judged.suspect]
    chosen = dict.fromkeys(suspects)
    for wanted in dict.fromkeys(map(kind, of_times)):
        alike = [case for case in steady if kind(case) == wanted]
        chosen |= dict.fromkeys(alike[:: max(1, len(alike) // FEWEST_CASES)][:FEWEST_CASES])
    return list(chosen)


def command(comparison: Comparison, cases: Path, out: Path) -> list[str]:
    """What measures the cases in the file `cases`, as HEAD was measured, into a run under `out`."""
    options = part(comparison.head.run.facts, "options")
    kept = [f"--{name.replace('_', '-')}={text(options.get(name))}" for name in KEPT if text(options.get(name))]
    new = [f"--cases={cases}", f"--passes={PASSES}", "--label=confirmation", f"--out={out}", "--no-report"]
    return [sys.executable, "-m", "benchmarks", "run", *kept, *new]


def measure(comparison: Comparison, out: Path = CONFIRMATIONS) -> Path:
    """The folder of the run that measured the suspects again. RecordError where none was made."""
    out.mkdir(parents=True, exist_ok=True)
    cases = out / f"{comparison.head.run.folder.resolve().name}-suspects.json"
    rows = [asdict(case) for case in cases_to_measure(comparison)]
    cases.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return _folder_of(command(comparison, cases, out))


def _folder_of(command: Sequence[str]) -> Path:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode == 130:
        raise KeyboardInterrupt
    lines = done.stdout.splitlines()
    if done.returncode or not lines or not lines[-1].startswith("run: "):
        raise RecordError(f"the suspects were not measured again: the run ended with exit status {done.returncode}")
    return Path(lines[-1].removeprefix("run: "))
