"""The suspects of a comparison measured again: one command, in fresh processes, of just these cases."""

import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from analysis.gate.compare import Comparison
from analysis.gate.drift import FEWEST_CASES, kind
from analysis.gate.gated_run import TIMES
from analysis.run.facts import part, text
from analysis.units import number_text
from benchmarks.record import Case, RecordError

CONFIRMATIONS = Path("results/runs/confirmations")
#: Timed passes at least: twice a quick run's, as they are few cases.
PASSES = 12
#: Of HEAD's options, those that say how a case is measured. Which cases, the file says.
KEPT = ("preset", "device", "pairs", "seconds", "case_limit", "host")


def cases_to_measure(comparison: Comparison) -> list[Case]:
    """The suspects; where absolute times are among them, also cases that tell the machine's drift.

    Of each suspect's kind (device, heap, threads, size) FEWEST_CASES that did not change, spread over all of them; and
    twice as many as there are suspects, whose median would else be the drift.
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
        enough = max(FEWEST_CASES, 2 * sum(kind(case) == wanted for case in suspects))
        chosen |= dict.fromkeys(alike[:: max(1, len(alike) // enough)][:enough])
    return list(chosen)


def passes(comparison: Comparison) -> int:
    """As many timed passes as BASE has, which limits what more could tell; PASSES at least."""
    return max(PASSES, int(comparison.base.cases["passes"].fillna(0).max()))


def command(comparison: Comparison, cases: Path, out: Path) -> list[str]:
    """What measures the cases in the file `cases`, as HEAD was measured, into a run under `out`."""
    options = part(comparison.head.run.facts, "options")
    kept = [f"--{name.replace('_', '-')}={text(options.get(name))}" for name in KEPT if text(options.get(name))]
    new = [f"--cases={cases}", f"--passes={passes(comparison)}", "--label=confirmation", f"--out={out}", "--no-report"]
    return [sys.executable, "-m", "benchmarks", "run", *kept, *new]


def measure(comparison: Comparison, out: Path = CONFIRMATIONS) -> Path:
    """The folder of the run that measured the suspects again. RecordError where none was made."""
    out.mkdir(parents=True, exist_ok=True)
    cases = out / f"{comparison.head.run.folder.resolve().name}-suspects.json"
    rows = [asdict(case) for case in cases_to_measure(comparison)]
    cases.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    line = command(comparison, cases, out)
    # Before it runs: with a pair file among HEAD's options, that is code.
    print(f"measuring {number_text(len(rows), 'case')} again: {shlex.join(line)}", file=sys.stderr)
    return _folder_of(line)


def _folder_of(command: Sequence[str]) -> Path:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode == 130:
        raise KeyboardInterrupt
    lines = done.stdout.splitlines()
    if done.returncode or not lines or not lines[-1].startswith("run: "):
        raise RecordError(f"the suspects were not measured again: the run ended with exit status {done.returncode}")
    return Path(lines[-1].removeprefix("run: "))
