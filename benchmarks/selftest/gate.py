"""Does the gate cry wolf, and does it see one? Comparisons of the same code, and of code with planted regressions.

BASE and HEAD of a comparison are runs of the pool, half of the pool's time apart, as a stored baseline and a later run
are. Every pass is part of one comparison of the same code only, and of one trial with each planted op only: the
comparisons are independent. What is suspect in the same code is measured again by the command that `--confirm` runs;
with planted regressions the pool's own later passes stand for that, as they hold the planted pair too.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from analysis.gate.change import WORSE, Limits
from analysis.gate.compare import Comparison, compare, confirmed
from analysis.gate.confirm import PASSES as CONFIRMING
from analysis.gate.confirm import measure
from analysis.load import Run, load_run
from benchmarks.folder import read_run
from benchmarks.selftest import pool, regressions
from benchmarks.selftest.figures import Share

LIMITS = Limits()


def run_gate_selftest(out: Path, comparisons: int, tell: Callable[[str], None]) -> str:
    """Make the pool for so many comparisons under `out`, and the table as Markdown; stored there, rows as JSON too."""
    folders = pool.make_pool(out, runs=2 * comparisons)
    tell("the pool is complete, comparing")
    parts = pool.runs_of(folders)
    rows = same_rows(parts[: 2 * comparisons], out / "confirmations", tell)
    for passes in (pool.SIZE, 2 * pool.SIZE, 4 * pool.SIZE):
        rows += slower_rows(parts, passes)
    rows += larger_rows(list({part.folder.parent: part for part in parts}.values()))  # one of each memory pass
    head = f"{len(parts)} runs of {pool.SIZE} passes x {pool.SECONDS:g} s a case, {len(pool.cases())} cases"
    lines = [f"Self-test of the gate: {head}.", "", "| what | measured |", "|---|---|"]
    table = "\n".join([*lines, *(f"| {what} | {value} |" for what, value in rows)]) + "\n"
    (out / "gate.md").write_text(table, encoding="utf-8")
    (out / "gate.json").write_text(json.dumps(dict(rows), indent=1) + "\n", encoding="utf-8")
    return table


def same_rows(parts: Sequence[Run], confirmations: Path, tell: Callable[[str], None]) -> list[tuple[str, str]]:
    """Comparisons of the same code: how many alarm at once, are suspect, and alarm after the confirmation."""
    at_once = suspect = after = 0
    pairs = list(halves(parts))
    for number, (base, head) in enumerate(pairs, start=1):
        comparison = compare(base, head, LIMITS)
        at_once += comparison.regressed
        if comparison.suspects:
            suspect += 1
            comparison = _confirmed_once(comparison, confirmations / f"{number:03}")
            tell(f"comparison {number} of {len(pairs)}: suspect, {'an alarm' if comparison.regressed else 'no alarm'}")
        after += comparison.regressed
    return [
        ("same code: comparisons with a false alarm after confirmation", str(Share(after, len(pairs), "more"))),
        ("same code: with a false alarm before confirmation", str(Share(at_once, len(pairs), "more"))),
        ("same code: with a suspect, so measured again", str(Share(suspect, len(pairs), "more"))),
    ]


def _confirmed_once(comparison: Comparison, out: Path) -> Comparison:
    """As `--confirm` does it; a confirmation that is there already is not measured again."""
    done = sorted(out.glob("*-confirmation*"))
    folder = next((each for each in done if read_run(each)["state"] == "complete"), None)
    return confirmed(comparison, load_run(folder or measure(comparison, out)))


def halves(parts: Sequence[Run]) -> Iterator[tuple[Run, Run]]:
    """BASE and HEAD of every comparison: half of the pool apart."""
    half = len(parts) // 2
    return zip(parts[:half], parts[half : 2 * half], strict=True)


def slower_rows(parts: Sequence[Run], base_passes: int) -> list[tuple[str, str]]:
    """The planted slower form, with a BASE of so many passes: found at once, and after the confirmation.

    None where the pool is too small for a single trial.
    """
    found = {op: [0, 0] for op in regressions.SLOWED}
    trials = list(_trials(parts, base_passes // pool.SIZE, max(CONFIRMING, base_passes) // pool.SIZE))
    if not trials:
        return []
    for base, head, again in trials:
        for name, op in regressions.SLOWER_PAIRS.items():
            comparison = compare(base, pool.planted(head, name, op, pool.SLOWER_PLACE), LIMITS)
            found[op][0] += _is_worse(comparison, op, pool.SLOWER_PLACE)
            comparison = confirmed(comparison, pool.planted(again, name, op, pool.SLOWER_PLACE))
            found[op][1] += _is_worse(comparison, op, pool.SLOWER_PLACE)
    what = f"in-place {regressions.SLOWER:.0%} slower at 1 Mi, BASE of {base_passes} passes"
    every = len(trials) * len(found)
    rows = [
        (f"{what}: found after confirmation", str(Share(sum(both[1] for both in found.values()), every, "fewer"))),
        (f"{what}: found at once", str(Share(sum(both[0] for both in found.values()), every, "fewer"))),
    ]
    by_op = ", ".join(f"{op} {both[1]} of {len(trials)}" for op, both in found.items())
    return [*rows, (f"{what}: after confirmation, by op", by_op)]


def _trials(parts: Sequence[Run], base: int, again: int) -> Iterator[tuple[Run, Run, Run]]:
    """BASE of `base` parts, HEAD of one, a confirmation of `again`: each from its own share of the pool's time."""
    count = len(parts) // (base + 1 + again)
    heads, agains = count * base, count * (base + 1)
    for i in range(count):
        yield (
            pool.joined(parts[i * base : (i + 1) * base]),
            parts[heads + i],
            pool.joined(parts[agains + i * again : agains + (i + 1) * again]),
        )


def larger_rows(runs: Sequence[Run]) -> list[tuple[str, str]]:
    """One more allocation in the in-place form: found by bytes; and bytes of the same code that differ.

    `runs`: of different memory passes.
    """
    found = trials = false = 0
    pairs = list(halves(runs))
    for base, head in pairs:
        false += _larger(compare(base, head, LIMITS))
        for name, op in regressions.LARGER_PAIRS.items():
            found += _larger(compare(base, pool.planted(head, name, op, pool.LARGER_PLACE), LIMITS))
            trials += 1
    return [
        ("one more allocation in the in-place form: found", str(Share(found, trials, "fewer"))),
        ("same code: comparisons of bytes with a false alarm", str(Share(false, len(pairs), "more"))),
    ]


def _larger(comparison: Comparison) -> bool:
    changes = (change for judged in comparison.cases for change in judged.changes)
    return any(change.state == WORSE for change in changes if change.quantity.endswith("_bytes"))


def _is_worse(comparison: Comparison, op: str, place: tuple[str, int]) -> bool:
    (judged,) = (j for j in comparison.cases if (j.case.pair, j.case.phase, j.case.numel) == (op, *place))
    return judged.state == WORSE
