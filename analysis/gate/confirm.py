"""The suspects of a comparison measured again: one command, in fresh processes, of just these cases."""

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
from analysis.numbers.felt import FELT_TIMES
from analysis.run.facts import part, text
from analysis.units import number_text
from benchmarks.entry import DONE, INTERRUPTED, run_command
from benchmarks.record import Case, RecordError
from benchmarks.record.command import DECIDES, METHOD, NAME, names_of, option_words

CONFIRMATIONS = Path("results/runs/confirmations")
#: Timed passes at least: twice a quick run's, as they are few cases.
PASSES = 12
#: Of HEAD's options, those that say how a case is measured, and where. Which cases, the file says.
KEPT = tuple(name for name in DECIDES if name == "device" or name in names_of(METHOD, NAME))


def cases_to_measure(comparison: Comparison) -> list[Case]:
    """The suspects; where absolute times are among them, also cases that tell the machine's drift.

    Of each suspect's kind (device, heap, threads, size) FEWEST_CASES that did not change, spread over all of them, or
    over those of a GPU whose host decides where it is about what a user feels; and
    twice as many as there are suspects, whose median would else be the drift.
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
    """As many timed passes as BASE has, which limits what more could tell; PASSES at least."""
    return max(PASSES, int(comparison.base.cases["passes"].fillna(0).max()))


def command(comparison: Comparison, cases: Path, out: Path) -> list[str]:
    """What measures the cases in the file `cases`, as HEAD was measured, into a run under `out`."""
    stored = part(comparison.head.run.facts, "options")
    own = {"cases": str(cases), "passes": str(passes(comparison)), "label": "confirmation", "out": str(out)}
    kept = {name: text(stored.get(name)) or "" for name in KEPT if name not in own}
    words = option_words(kept | own, joined=True)
    return [sys.executable, "-m", "benchmarks", "run", *words, "--no-report"]


def measure(comparison: Comparison, out: Path = CONFIRMATIONS) -> Path:
    """The folder, under `out`, of the run that measured the suspects again. RecordError where none was made.

    It is measured in a folder of its own, where an interrupted one stays.
    """
    out.mkdir(parents=True, exist_ok=True)
    cases = out / f"{comparison.head.run.folder.resolve().name}-suspects.json"
    rows = [asdict(case) for case in cases_to_measure(comparison)]
    cases.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    # Before it runs: with a pair file among HEAD's options, that is code.
    line = shlex.join(command(comparison, cases, out))
    print(f"measuring {number_text(len(rows), 'case')} again: {line}", file=sys.stderr)
    scratch = Path(tempfile.mkdtemp(prefix="measuring-", dir=out))
    try:
        folder = _run_of(command(comparison, cases, scratch), scratch)
        return folder.rename(out / folder.name)
    finally:
        with suppress(OSError):  # not empty: the run was interrupted, and its command said how to finish it there
            scratch.rmdir()


def _run_of(words: Sequence[str], out: Path) -> Path:
    """The run that a command leaves in `out`, which is empty before."""
    with Path(os.devnull).open("w") as nowhere:  # where the run lies is no part of what the gate prints
        status = run_command(words, stdout=nowhere)
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    runs = list(out.iterdir())
    if status != DONE or len(runs) != 1:
        raise RecordError(f"the suspects were not measured again: the run ended with exit status {status}")
    return runs[0]
