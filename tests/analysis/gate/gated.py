"""Two invented runs, BASE and HEAD, whose pairs are named after the gate's expected answer."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import exp
from pathlib import Path

from analysis.gate.compare import Comparison
from analysis.run.load import StoredRun, load_run
from benchmarks.record import Case
from benchmarks.record.folder import append_pair
from tests.analysis.invented import TIME_S, append_bytes, append_failure, case, empty_run, facts, timed

PASSES = 6
#: Standard deviations over passes: of the log speedup, in a quiet and in a noisy case; of the drift of both times.
QUIET, LOUD, DRIFT = 0.005, 0.3, 0.02
N = 4 * 65536

Journal = Callable[[Path, Case, random.Random], None]


def passes(
    speedup: float,
    out: float = TIME_S,
    noise: float = QUIET,
    count: int = PASSES,
    drift: float = 0.02,
    **fields: object,
) -> Journal:
    """Timed passes around a speedup and an out-of-place time, with noise for each and drift for both together."""

    def append(folder: Path, of: Case, chance: random.Random) -> None:
        for number in range(1, count + 1):
            seconds = out * exp(chance.gauss(0, DRIFT))
            append_pair(folder, *timed(of, number, speedup * exp(chance.gauss(0, noise)), times_s=(seconds,) * 4))

    return append


def bytes_of(outofplace: int, inplace: int, name: str = "peak_bytes") -> Journal:
    """Quiet times, and one memory pass."""

    def append(folder: Path, of: Case, chance: random.Random) -> None:
        passes(1.5)(folder, of, chance)
        append_bytes(folder, of, {name: outofplace}, {name: inplace})

    return append


def failing(state: str, reason: str = "as invented") -> Journal:
    def append(folder: Path, of: Case, chance: random.Random) -> None:
        append_failure(folder, of, state, reason)

    return append


def bistable(folder: Path, of: Case, chance: random.Random) -> None:
    for number in range(1, PASSES + 1):
        out, into = timed(of, number, 1.5 * exp(chance.gauss(0, QUIET)))
        append_pair(folder, out, replace(into, page_faults=1025.0 * (number % 2)))


def bytes_failing(folder: Path, of: Case, chance: random.Random) -> None:
    """Quiet times, and a memory pass in which the case crashes."""
    passes(1.5)(folder, of, chance)
    append_failure(folder, of, "crashed", "as invented", kind="memory")


ABSENT: Journal = lambda folder, of, chance: None  # noqa: E731  # it does nothing

#: By pair: what BASE has, what HEAD has, and the expected state.
NAMED: dict[str, tuple[Journal, Journal, str]] = {
    "speedup_falls": (passes(1.5), passes(1.3), "worse"),
    "speedup_rises": (passes(1.5), passes(1.8), "better"),
    "speedup_falls_too_little": (passes(1.5), passes(1.47), "unchanged"),
    "outofplace_gets_faster": (passes(1.5), passes(1.05, out=0.7 * TIME_S), "better"),
    "outofplace_faster_inplace_slower": (passes(1.5), passes(1.18, out=0.85 * TIME_S), "worse"),
    "both_get_slower": (passes(1.5), passes(1.5, out=1.5 * TIME_S), "worse"),
    "both_get_faster": (passes(1.5), passes(1.5, out=TIME_S / 1.5), "better"),
    "too_noisy": (passes(1.5, noise=LOUD), passes(1.4, noise=LOUD), "unresolved"),
    "too_few_passes": (passes(1.5), passes(1.5, count=2), "unresolved"),
    "bistable": (passes(1.5), bistable, "unresolved"),
    "a_byte_more": (bytes_of(2 * N, N), bytes_of(2 * N, N + 1), "worse"),
    "a_byte_more_outofplace": (bytes_of(2 * N, N), bytes_of(2 * N + 1, N), "worse"),
    "a_byte_less": (bytes_of(2 * N, N), bytes_of(2 * N, N - 1), "better"),
    "holds_more": (bytes_of(N, N, "held_bytes"), bytes_of(N, 2 * N, "held_bytes"), "worse"),
    "same_bytes": (bytes_of(2 * N, N), bytes_of(2 * N, N), "unchanged"),
    "bytes_lost": (bytes_of(2 * N, N), passes(1.5), "unresolved"),
    "bytes_crash": (bytes_of(2 * N, N), bytes_failing, "worse"),
    "bytes_found": (passes(1.5), bytes_of(2 * N, N), "unchanged"),
    "crashes": (passes(1.5), failing("crashed"), "worse"),
    "disagrees": (passes(1.5), failing("disagreed"), "worse"),
    "works_again": (failing("crashed"), passes(1.5), "better"),
    "never_worked": (failing("unsupported"), failing("unsupported"), "unchanged"),
    "vanishes": (passes(1.5), ABSENT, "vanished"),
    "appears": (ABSENT, passes(1.5), "new"),
    **{f"same_{number}": (passes(1.5), passes(1.5), "unchanged") for number in range(24)},
}
#: Enough of these to show the machine's drift.
SAME = [f"same_{number}" for number in range(12)]


def stored(parent: Path, name: str, journals: dict[str, Journal], seed: int = 0, **changes: object) -> Path:
    """A run named `name`, of these pairs; the start time depends on the name."""
    changes = {"start": f"2026-01-02T03:04:05Z {name}", **changes}
    folder = empty_run(parent, name=name, **changes)
    chance = random.Random(f"{name} {seed}")
    for pair, journal in journals.items():
        journal(folder, case(pair), chance)
    return folder


def both(parent: Path, names: Sequence[str] = tuple(NAMED), **changes: object) -> tuple[Path, Path]:
    """BASE and HEAD of the named pairs; `changes` apply to HEAD's facts."""
    base, head = ({pair: NAMED[pair][number] for pair in names} for number in (0, 1))
    return stored(parent, "base", base), stored(parent, "head", head, **changes)


def state_of(comparison: Comparison, pair: str = "speedup_falls") -> str:
    return next(judged.state for judged in comparison.cases if judged.case.pair == pair)


def loaded(*folders: Path) -> list[StoredRun]:
    return [load_run(folder) for folder in folders]


def elsewhere(**changes: object) -> dict:
    """Facts of a run on another machine, with `changes`."""
    return {"machine": {**facts()["machine"], **changes}}
