"""The gate's false-alarm and detection rates: comparisons of the same code, and of code with planted regressions.

BASE and HEAD of a comparison are runs of the pool, half of the pool's time apart. Every pass is part of only one
comparison of the same code, and of only one trial with each planted op, so no two comparisons share a measurement. They
may share an hour in which the machine was disturbed; `neighbours` looks for that. Suspects in the same code are
measured again by the command that `--confirm` runs. With a BASE of many passes and with planted regressions, later
passes of the pool are the confirmation, since they hold the planted pair too.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from scipy.stats import spearmanr

from analysis.gate.change import WORSE, Limits
from analysis.gate.compare import Comparison, compare, with_confirmation
from analysis.gate.confirm import PASSES as CONFIRMING
from analysis.gate.confirm import measure
from analysis.gate.gated_run import SPEEDUP
from analysis.run.load import StoredRun, load_run
from benchmarks.running.stored_run import newest_stored_run
from benchmarks.selftest import pool, regressions
from benchmarks.selftest.results import Share

LIMITS = Limits()
#: Passes of BASE and HEAD: the fewest that `quick` gives a case, and larger numbers.
COUNTS = ((6, 6), (12, 6), (24, 6), (24, 12))


def run_gate_selftest(out: Path, comparisons: int, say: Callable[[str], None]) -> str:
    """Make the pool under `out`, and return the table as Markdown. It is also stored there, and its rows as JSON.

    `comparisons`: how many comparisons of the same code. `say` gets each line for the user.
    """
    folders = pool.make_pool(out, runs=2 * comparisons)
    say("the pool is complete, comparing")
    parts = pool.runs_of(folders)
    rows = same_code_rows(parts[: 2 * comparisons], out / "confirmations", say)
    for counts in COUNTS:
        rows += slower_rows(parts, *counts)
    for counts in COUNTS[1:]:
        rows += same_of_many_rows(parts, *counts)
    rows += larger_rows(list({part.folder.parent: part for part in parts}.values()))  # one run per memory pass
    head = (
        f"{len(parts)} runs of {pool.SIZE} passes x {pool.SECONDS:g} s a case, {len(pool.cases())} cases, "
        f"measured in {pool.hours(folders):.1f} h"
    )
    lines = [f"Self-test of the gate: {head}.", "", "| what | measured |", "|---|---|"]
    table = "\n".join([*lines, *(f"| {what} | {value} |" for what, value in rows)]) + "\n"
    (out / "gate.md").write_text(table, encoding="utf-8")
    (out / "gate.json").write_text(json.dumps(dict(rows), indent=1) + "\n", encoding="utf-8")
    return table


def same_code_rows(
    parts: Sequence[StoredRun], confirmations: Path, say: Callable[[str], None]
) -> list[tuple[str, str]]:
    """Compare runs of the same code, and return rows (what, share): false alarms before and after a confirmation.

    `confirmations`: the folder where confirmations are stored.
    """
    at_once = suspect = after = 0
    largest = []
    pairs = list(halves(parts))
    for number, (base, head) in enumerate(pairs, start=1):
        comparison = compare(base, head, LIMITS)
        assert comparison.first is not None  # runs of one machine, so times were compared
        largest.append(comparison.first.looks[SPEEDUP].test.table["z"].max())
        at_once += comparison.regressed
        if comparison.suspects:
            suspect += 1
            comparison = _confirm_once(comparison, confirmations / _name(base, head))
            say(f"comparison {number} of {len(pairs)}: suspect, {'an alarm' if comparison.regressed else 'no alarm'}")
        after += comparison.regressed
    what = f"comparisons of the same code, {_passes(pool.SIZE, pool.SIZE)}"
    return [
        (f"{what}: with a false alarm after confirmation", str(Share(after, len(pairs), "more"))),
        (f"{what}: with a false alarm before confirmation", str(Share(at_once, len(pairs), "more"))),
        (f"{what}: with a suspect case, so measured again", str(Share(suspect, len(pairs), "more"))),
        (f"{what}: rank correlation of the largest score with that of the next comparison", neighbours(largest)),
    ]


def neighbours(scores: Sequence[float]) -> str:
    """Return Spearman's correlation of each score with the next one, and its p value, as text.

    It shows whether comparisons that are close in time are alike. With fewer than four scores it is "too few".
    """
    if len(scores) < 4:
        return "too few"
    correlation = spearmanr(scores[:-1], scores[1:])
    return f"{correlation.statistic:+.2f} (p = {correlation.pvalue:.2f})"


def _name(base: StoredRun, head: StoredRun) -> str:
    """Return the name of a comparison: when its runs of the pool began, and which of their passes it uses."""
    return "-against-".join(f"{_stamp(run.facts['start'])}-{run.folder.name}" for run in (head, base))


def _stamp(start: str) -> str:
    """Return a time of `run.json` as it is written in the names of folders."""
    return f"{datetime.fromisoformat(start):%Y%m%dT%H%M%SZ}"


def _confirm_once(comparison: Comparison, out: Path) -> Comparison:
    """Return a comparison with its confirmation, made as by `--confirm`. A stored one is not measured again."""
    folder = newest_stored_run(out, lambda facts: facts["state"] == "complete", "*")
    return with_confirmation(comparison, load_run(folder or measure(comparison, out)))


def halves(parts: Sequence[StoredRun]) -> Iterator[tuple[StoredRun, StoredRun]]:
    """Return BASE and HEAD of every comparison: they are half of the pool apart."""
    half = len(parts) // 2
    return zip(parts[:half], parts[half : 2 * half], strict=True)


def slower_rows(parts: Sequence[StoredRun], base_passes: int, head_passes: int) -> list[tuple[str, str]]:
    """Return rows (what, share): how often a planted slower variant is found, before and after a confirmation.

    `base_passes`, `head_passes`: passes of BASE and HEAD. The ops of a trial share its passes, so each op has a bound
    of its own, and the bound of the worst op is stated. There are no rows if the pool is too small for one trial.
    """
    found_by_op = {op: [0, 0] for op in regressions.SLOWED}
    trials = list(_trials_of(parts, base_passes, head_passes))
    if not trials:
        return []
    for base, head, again in trials:
        for name, op in regressions.SLOWER_PAIRS.items():
            comparison = compare(base, pool.with_regression(head, name, op, pool.SLOWER_PLACE), LIMITS)
            found_by_op[op][0] += _is_worse(comparison, op, pool.SLOWER_PLACE)
            comparison = with_confirmation(comparison, pool.with_regression(again, name, op, pool.SLOWER_PLACE))
            found_by_op[op][1] += _is_worse(comparison, op, pool.SLOWER_PLACE)
    slower = f"cases at 1 Mi elements with an in-place variant {regressions.SLOWER:.0%} slower"
    what = f"{slower}, {_passes(base_passes, head_passes)}"
    after = ", ".join(f"{op} {both[1]} of {len(trials)}" for op, both in found_by_op.items())
    return [
        (f"{what}: found after confirmation", _share_text([both[1] for both in found_by_op.values()], len(trials))),
        (f"{what}: found before confirmation", _share_text([both[0] for both in found_by_op.values()], len(trials))),
        (f"{what}: found after confirmation, per op", after),
    ]


def _share_text(by_op: Sequence[int], trials: int) -> str:
    """Return such as '165 of 165 = 100.0%; the worst op 33 of 33 = 100.0% (at least 91.3%)'."""
    k, n = sum(by_op), trials * len(by_op)
    return f"{k} of {n} = {k / n:.1%}; the worst op {Share(min(by_op), trials, 'fewer')}"


def _passes(base: int, head: int) -> str:
    return f"BASE of {base} passes, HEAD of {head}"


#: Bytes are counted in one memory pass per run.
ONE_PASS = "BASE and HEAD of one memory pass"


def same_of_many_rows(parts: Sequence[StoredRun], base_passes: int, head_passes: int) -> list[tuple[str, str]]:
    """Return a row (what, share): false alarms of BASE and HEAD of so many passes, after a confirmation.

    Later passes of the pool are the confirmation. There is no row if the pool is too small for one trial.
    """
    trials = list(_trials_of(parts, base_passes, head_passes))
    after = sum(with_confirmation(compare(base, head, LIMITS), again).regressed for base, head, again in trials)
    what = f"comparisons of the same code, {_passes(base_passes, head_passes)}: with a false alarm after confirmation"
    return [(what, str(Share(after, len(trials), "more")))] if trials else []


def _trials_of(
    parts: Sequence[StoredRun], base_passes: int, head_passes: int
) -> Iterator[tuple[StoredRun, StoredRun, StoredRun]]:
    """Yield BASE, HEAD and a confirmation of each trial. The confirmation has as many passes as the gate would use."""
    confirming_passes = max(CONFIRMING, base_passes)
    return _trials(parts, base_passes // pool.SIZE, head_passes // pool.SIZE, confirming_passes // pool.SIZE)


def _trials(
    parts: Sequence[StoredRun], base: int, head: int, confirming: int
) -> Iterator[tuple[StoredRun, StoredRun, StoredRun]]:
    """Yield BASE, HEAD and a confirmation of each trial, made of so many parts, each from its own part of the pool."""
    count = len(parts) // (base + head + confirming)

    def run_of(begin: int, size: int, trial: int) -> StoredRun:
        """Join the parts of one trial, among those of the pool from `begin` on."""
        return pool.join(parts[begin + trial * size : begin + (trial + 1) * size])

    for trial in range(count):
        yield (
            run_of(0, base, trial),
            run_of(count * base, head, trial),
            run_of(count * (base + head), confirming, trial),
        )


def larger_rows(runs: Sequence[StoredRun]) -> list[tuple[str, str]]:
    """Return rows (what, share): how often bytes find one more allocation in-place, and false alarms of bytes.

    `runs`: one run per memory pass.
    """
    found = trials = false = 0
    pairs = list(halves(runs))
    for base, head in pairs:
        false += _needs_more_bytes(compare(base, head, LIMITS))
        for name, op in regressions.LARGER_PAIRS.items():
            found += _needs_more_bytes(compare(base, pool.with_regression(head, name, op, pool.LARGER_PLACE), LIMITS))
            trials += 1
    return [
        (f"in-place variants with one more allocation, {ONE_PASS}: found", str(Share(found, trials, "fewer"))),
        (f"comparisons of bytes, same code, {ONE_PASS}: with a false alarm", str(Share(false, len(pairs), "more"))),
    ]


def _needs_more_bytes(comparison: Comparison) -> bool:
    changes = (change for judged in comparison.cases for change in judged.changes)
    return any(change.state == WORSE for change in changes if change.counted)


def _is_worse(comparison: Comparison, op: str, place: tuple[str, int]) -> bool:
    (judged,) = (j for j in comparison.cases if (j.case.pair, j.case.phase, j.case.numel) == (op, *place))
    return any(change.state == WORSE and change.quantity in (SPEEDUP, "inplace_time_s") for change in judged.changes)
