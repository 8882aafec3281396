"""Carry-over: how far a speedup is wrong because each variant runs in the state that the other one left.

The true ratio is that of the two variants' times when each is timed against itself, in the same run. It is measured
twice. The two results differ by chance; only an error beyond that is carry-over.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.record import OK, THRESHOLDS
from benchmarks.record.folder import read_journal
from benchmarks.record.interval import interval
from benchmarks.selftest.aa_names import Both
from benchmarks.selftest.ratio_errors import percentile, ratio_errors_text

#: Ops of this many elements or more form a group of their own.
LARGE = 2**20

#: What a pair was timed for: phase, number of elements, whether it is a scenario.
_Place = tuple[str, int, bool]
#: A pair's name, its place, a pass number.
_Key = tuple[str, _Place, int]


@dataclass(frozen=True)
class Shift:
    """How far two measured speedups of one case differ: |median over passes of the difference of their logarithms|."""

    numel: int
    is_scenario: bool
    with_partner: float  #: of both variants timed together, and of each timed against itself
    by_chance: float  #: of each timed against itself, and of the same measured again


def shifts(folder: Path, aa_pair_names: Mapping[str, tuple[Both, Both]]) -> list[Shift]:
    """Return the shift of each case of the run of A/A pairs in `folder`.

    A case has one if its variants were timed together and, in the same pass, each against itself twice.
    """
    times = _times(folder)
    found = []
    for name, (first, again) in aa_pair_names.items():
        by_place: dict[_Place, list[tuple[float, float]]] = defaultdict(list)
        for pair, place, number in times:
            if pair != name:
                continue
            truth, repeated = (_speedup_of(times, both, place, number) for both in (first, again))
            out, into = times[name, place, number]
            if truth is not None and repeated is not None:
                by_place[place].append((math.log(out / into) - truth, repeated - truth))
        for (_, numel, is_scenario), values in by_place.items():
            interleaved, chance = (abs(statistics.median(column)) for column in zip(*values, strict=True))
            found.append(Shift(numel, is_scenario, interleaved, chance))
    return found


def _times(folder: Path) -> dict[_Key, tuple[float, float]]:
    """Return the seconds per call of both sides, as medians over rounds, by pair, place and pass."""
    times = {}
    for outofplace, inplace in read_journal(folder):
        if outofplace.kind == "time" and outofplace.state == OK:
            case = outofplace.case
            seconds = (statistics.median(outofplace.times_s), statistics.median(inplace.times_s))
            if min(seconds) > 0:
                times[case.pair, (case.phase, case.numel, bool(case.scale)), outofplace.pass_number] = seconds
    return times


def _speedup_of(times: Mapping[_Key, tuple[float, float]], both: Both, place: _Place, number: int) -> float | None:
    """Return ln(out-of-place time / in-place time), each timed against itself; None if one was not timed."""
    outofplace, inplace = (times.get((name, place, number)) for name in both)
    if outofplace is None or inplace is None:
        return None
    return math.log(statistics.mean(outofplace) / statistics.mean(inplace))


def carry_over_rows(found: Sequence[Shift]) -> list[tuple[str, str]]:
    """Return rows (what, text) for small ops, large ops and scenarios: the shift, that by chance, and the excess."""
    groups: Iterable[tuple[str, list[Shift]]] = (
        ("ops up to 256 Ki elements", [s for s in found if not s.is_scenario and s.numel < LARGE]),
        ("ops from 1 Mi on", [s for s in found if not s.is_scenario and s.numel >= LARGE]),
        ("scenarios", [s for s in found if s.is_scenario]),
    )
    rows = []
    for where, some in groups:
        rows.append((f"carry-over: speedup, {where}", ratio_errors_text([s.with_partner for s in some])))
        rows.append((f"the same by chance, {where}", ratio_errors_text([s.by_chance for s in some])))
        rows.append((f"excess over chance, {where}", _excess(some)))
    return rows


def _excess(some: Sequence[Shift]) -> str:
    bounds = interval([s.with_partner - s.by_chance for s in some], THRESHOLDS["confidence"])
    if bounds is None:
        return "none"
    middle = statistics.median(s.with_partner - s.by_chance for s in some)
    high = percentile([s.with_partner for s in some]) - percentile([s.by_chance for s in some])
    return f"median {middle:+.2%} ({bounds[0]:+.2%} to {bounds[1]:+.2%}), of the 95th percentiles {high:+.2%}"
