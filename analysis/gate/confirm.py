"""Measures the suspects of a comparison again: one command, in fresh processes, for these cases only."""

import json
import os
import shlex
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from analysis.gate.compare import Comparison
from analysis.gate.drift import FEWEST_CASES, case_kind
from analysis.gate.gated_run import ALL_TIMES
from analysis.gate.sentences import ask_again
from analysis.numbers.felt import FELT_TIMES
from analysis.run.facts import part, text
from analysis.units import number_text
from benchmarks.entry import DONE, INTERRUPTED, run_command
from benchmarks.record import Case, RecordError
from benchmarks.record.command import DECIDES, METHOD, NAME, names_of, option_words

CONFIRMATIONS = Path("results/runs/confirmations")
#: The fewest timed passes: twice a quick run's, as the cases are few.
PASSES = 12
#: HEAD's options for how and where a case is measured. The file of cases says which.
KEPT = tuple(name for name in DECIDES if name == "device" or name in names_of(METHOD, NAME))


def cases_to_measure(comparison: Comparison) -> list[Case]:
    """The suspects and, where absolute times are among them, unchanged cases that show the machine's drift.

    Each suspect's kind (device, heap, threads, size) adds FEWEST_CASES unchanged cases, spread evenly; for felt times
    of a GPU, from the cases in which the host decides. They are at least twice the suspects, or the suspects' own
    median would count as the drift.
    """
    suspects = [judged.case for judged in comparison.suspects]
    of_times = [
        (case_kind(judged.case), change.quantity in FELT_TIMES)
        for judged in comparison.suspects
        for change in judged.changes
        if change.suspect and change.quantity in ALL_TIMES
    ]
    steady = [judged for judged in comparison.cases if judged.changes and not judged.suspect]
    felt = {judged.case for judged in steady if any(change.quantity in FELT_TIMES for change in judged.changes)}
    chosen = dict.fromkeys(suspects)
    for wanted, is_felt in dict.fromkeys(of_times):
        alike = [each.case for each in steady if case_kind(each.case) == wanted and (not is_felt or each.case in felt)]
        enough = max(FEWEST_CASES, 2 * sum(case_kind(case) == wanted for case in suspects))
        chosen |= dict.fromkeys(alike[:: max(1, len(alike) // enough)][:enough])
    return list(chosen)


def passes(comparison: Comparison) -> int:
    """The number of timed passes: BASE's, as more would add little, but at least PASSES."""
    return max(PASSES, int(comparison.base.cases["passes"].fillna(0).max()))


def command(comparison: Comparison, cases: Path, out: Path) -> list[str]:
    """The command that measures `cases`, a file, again with HEAD's options, into a run under `out`."""
    stored = part(comparison.head.run.facts, "options")
    own = {"cases": str(cases), "passes": str(passes(comparison)), "label": "confirmation", "out": str(out)}
    kept = {name: text(stored.get(name)) or "" for name in KEPT if name not in own}
    words = option_words(kept | own, joined=True)
    return [sys.executable, "-m", "benchmarks", "run", *words, "--no-report"]


def measure(comparison: Comparison, out: Path = CONFIRMATIONS) -> Path:
    """Measures the suspects again; the folder of that run, under `out`. RecordError where there is no run.

    The run gets a folder of its own and stays there if it is interrupted.
    """
    if again := ask_again(comparison):
        raise RecordError(f"{comparison.head.run.folder}: is an answer of the advisor; measure it again with: {again}")
    out.mkdir(parents=True, exist_ok=True)
    cases = out / f"{comparison.head.run.folder.resolve().name}-suspects.json"
    rows = [asdict(case) for case in cases_to_measure(comparison)]
    cases.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    # Printed before it runs: a pair file among HEAD's options is code.
    line = shlex.join(command(comparison, cases, out))
    print(f"measuring {number_text(len(rows), 'case')} again: {line}", file=sys.stderr)
    scratch = Path(tempfile.mkdtemp(prefix="measuring-", dir=out))
    try:
        folder = _run_of(command(comparison, cases, scratch), scratch)
        return folder.rename(out / folder.name)
    finally:
        with suppress(OSError):  # not empty: the run was interrupted, and its command said how to finish it
            scratch.rmdir()


def _run_of(words: Sequence[str], out: Path) -> Path:
    """Runs a command; the folder of the run that it leaves in `out`, which was empty."""
    with Path(os.devnull).open("w") as nowhere:  # the gate does not print where the run is
        status = run_command(words, stdout=nowhere)
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    runs = list(out.iterdir())
    if status != DONE or len(runs) != 1:
        raise RecordError(f"the suspects were not measured again: the run ended with exit status {status}")
    return runs[0]
