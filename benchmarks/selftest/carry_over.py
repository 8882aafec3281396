"""Carry-over: how far a speedup is off because each variant finds what the other one left, beyond chance.

The true ratio divides the times of both variants when each is timed against itself, in the same run. It is measured
twice, and the two differ by chance; only what exceeds that is carry-over.
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

#: Where a pair was timed: phase, elements, whether it is a scenario.
_Place = tuple[str, int, bool]
#: A pair's name, its place, a pass number.
_Key = tuple[str, _Place, int]


@dataclass(frozen=True)
class Shift:
    """How far one case's speedups are apart: |ln| of their ratio, the median over passes."""

    numel: int
    is_scenario: bool
    beside_partner: float  #: both variants together, against each by itself
    by_chance: float  #: each by itself once more, against each by itself


def shifts(folder: Path, aa_pair_names: Mapping[str, tuple[Both, Both]]) -> list[Shift]:
    """The shift of every case that the run of A/A pairs in `folder` timed together and, twice, by itself."""
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
    """Seconds per call on both sides, medians over rounds, by pair, place and pass."""
    times = {}
    for outofplace, inplace in read_journal(folder):
        if outofplace.kind == "time" and outofplace.state == OK:
            case = outofplace.case
            seconds = (statistics.median(outofplace.times_s), statistics.median(inplace.times_s))
            if min(seconds) > 0:
                times[case.pair, (case.phase, case.numel, bool(case.scale)), outofplace.pass_number] = seconds
    return times


def _speedup_of(times: Mapping[_Key, tuple[float, float]], both: Both, place: _Place, number: int) -> float | None:
    """ln of out-of-place time by in-place time, each timed against itself; None if one was not timed."""
    outofplace, inplace = (times.get((name, place, number)) for name in both)
    if outofplace is None or inplace is None:
        return None
    return math.log(statistics.mean(outofplace) / statistics.mean(inplace))


def carry_over_rows(found: Sequence[Shift]) -> list[tuple[str, str]]:
    """For small and large ops and for scenarios: the shift, its part by chance, and the excess with its interval."""
    groups: Iterable[tuple[str, list[Shift]]] = (
        ("ops up to 256 Ki elements", [s for s in found if not s.is_scenario and s.numel < LARGE]),
        ("ops from 1 Mi on", [s for s in found if not s.is_scenario and s.numel >= LARGE]),
        ("scenarios", [s for s in found if s.is_scenario]),
    )
    rows = []
    for where, some in groups:
        rows.append((f"carry-over: speedup, {where}", ratio_errors_text([s.beside_partner for s in some])))
        rows.append((f"the same by chance, {where}", ratio_errors_text([s.by_chance for s in some])))
        rows.append((f"excess over chance, {where}", _excess(some)))
    return rows


def _excess(some: Sequence[Shift]) -> str:
    bounds = interval([s.beside_partner - s.by_chance for s in some], THRESHOLDS["confidence"])
    if bounds is None:
        return "none"
    middle = statistics.median(s.beside_partner - s.by_chance for s in some)
    high = percentile([s.beside_partner for s in some]) - percentile([s.by_chance for s in some])
    return f"median {middle:+.2%} ({bounds[0]:+.2%} to {bounds[1]:+.2%}), of the 95th percentiles {high:+.2%}"
