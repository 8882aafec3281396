"""What the self-test's runs say of the instrument: errors, shares with their bounds, bytes off."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import binomtest

from analysis.numbers.intervals import interval, verdict
from benchmarks.record import INPLACE, OK, OUTOFPLACE, THRESHOLDS, VARIANTS, Case, pass_log_speedup
from benchmarks.record.folder import read_journal
from benchmarks.selftest import aa_pairs, known_bytes, planted_pairs

FALSE = ("faster", "slower")


@dataclass(frozen=True)
class Trial:
    """One interval: what a run of `passes` passes would have said of a case. Natural logs of speedups."""

    case: Case
    speedup: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        return verdict(math.exp(self.low), math.exp(self.high), THRESHOLDS["difference"], THRESHOLDS["equivalence"])


@dataclass(frozen=True)
class Share:
    """k of n, and the one-sided 95 % bound (Clopper-Pearson) on the side that would be worse."""

    k: int
    n: int
    worse: str  #: "more" or "fewer"

    @property
    def bound(self) -> float:
        side = "less" if self.worse == "more" else "greater"
        bounds = binomtest(self.k, self.n, alternative=side).proportion_ci(0.95)
        return bounds.high if self.worse == "more" else bounds.low

    def __str__(self) -> str:
        if not self.n:
            return "none"
        limit = "at most" if self.worse == "more" else "at least"
        return f"{self.k} of {self.n} = {self.k / self.n:.1%} ({limit} {self.bound:.1%})"


def trials(folder: Path, passes: int) -> list[Trial]:
    """Every case's passes in groups of `passes`, each group one independent trial."""
    by_case: dict[Case, dict[int, float]] = defaultdict(dict)
    for outofplace, inplace in read_journal(folder):
        if outofplace.kind == "time" and outofplace.state == OK:
            value = pass_log_speedup(outofplace.times_s, inplace.times_s)
            if value is not None:
                by_case[outofplace.case][outofplace.pass_number] = value
    made = []
    for case, by_pass in by_case.items():
        values = [by_pass[number] for number in sorted(by_pass)]
        for start in range(0, len(values) - passes + 1, passes):
            group = values[start : start + passes]
            bounds = interval(group, THRESHOLDS["confidence"])
            if bounds is not None:
                made.append(Trial(case, statistics.median(group), *bounds))
    return made


def aa_rows(some: Sequence[Trial]) -> list[tuple[str, str]]:
    """(a): how far A/A trials are off, and how many of them end in a verdict that is false."""
    aa = [trial for trial in some if trial.case.pair in {pair.name for pair in aa_pairs.SAME}]
    rows = [("A/A: error of the ratio", ratio_errors_text([abs(trial.speedup) for trial in aa]))]
    rows.append(("A/A: false `faster`/`slower`", str(Share(sum(t.verdict in FALSE for t in aa), len(aa), "more"))))
    held = sum(trial.low <= 0 <= trial.high for trial in aa)
    rows.append(("A/A: intervals that hold 1", str(Share(held, len(aa), "fewer"))))
    return rows


def planted_rows(some: Sequence[Trial]) -> list[tuple[str, str]]:
    """(b): planted differences found with the right sign, by effect and size; intervals that hold the truth."""
    rows = []
    for effect in planted_pairs.EFFECTS:
        of_effect = [trial for trial in some if planted_pairs.TRUTH[trial.case.pair][0] == effect]
        large = [trial for trial in of_effect if trial.case.numel >= 64 * 2**10]
        for where, chosen in (("all sizes", of_effect), ("from 64 Ki elements on", large)):
            share = Share(sum(trial.verdict == "faster" for trial in chosen), len(chosen), "fewer")
            rows.append((f"planted {effect}: found, {where}", str(share)))
    held = sum(t.low <= math.log(planted_pairs.TRUTH[t.case.pair][1]) <= t.high for t in some)
    rows.append(("planted: intervals that hold the truth", str(Share(held, len(some), "fewer"))))
    return rows


def bytes_rows(folder: Path) -> list[tuple[str, str]]:
    """(c): counted bytes against those that known functions allocate."""
    off, compared = 0, 0
    for pair in read_journal(folder):
        for seen in pair:
            if seen.kind != "memory":
                continue
            truth, n = known_bytes.TRUTH[seen.case.pair, seen.variant], 4 * seen.case.numel
            expected = {"held_bytes": truth.held(n), "peak_bytes": truth.peak(n)}
            if seen.case.phase == "step":
                expected |= {"peak_bytes": truth.step_peak(n), "step_peak_bytes": truth.step_peak(n)}
            for name, value in expected.items():
                compared += 1
                off = max(off, abs(getattr(seen, name) - value))
    return [("bytes: largest error", f"{off} bytes in {compared} counts")]


def carry_over_rows(folder: Path) -> list[tuple[str, str]]:
    """(f): a variant's time beside its partner against beside itself, in the same pass; the median over passes.

    What hits both variants alike leaves their ratio alone: so the speedup's own shift stands below the times'.
    """
    times: dict[tuple, float] = {}
    for pair in read_journal(folder):
        for seen in pair:
            if seen.kind == "time" and seen.state == OK:
                where = (seen.case.phase, seen.case.numel, seen.pass_number)
                times[(seen.case.pair, seen.variant, *where)] = statistics.median(seen.times_s)
    shifts: dict[tuple, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (name, variant, *where), beside_partner in times.items():
        if name not in aa_pairs.BESIDE_ITSELF:
            continue
        alone = aa_pairs.BESIDE_ITSELF[name][variant == INPLACE]
        halves = [time_s for each in VARIANTS if (time_s := times.get((alone, each, *where)))]
        if len(halves) == len(VARIANTS):
            phase, numel, _ = where
            shifts[name, phase, numel][variant].append(math.log(beside_partner / statistics.mean(halves)))
    shift_of = {key: {v: statistics.median(values) for v, values in each.items()} for key, each in shifts.items()}
    rows = []
    for where, some in (
        ("up to 256 Ki elements", [each for (*_, numel), each in shift_of.items() if numel <= 2**18]),
        ("from 1 Mi on", [each for (*_, numel), each in shift_of.items() if numel > 2**18]),
    ):
        drifts = [abs(drift) for each in some for drift in each.values()]
        rows.append((f"carry-over: a time, {where}", ratio_errors_text(drifts)))
        shift = [abs(each[OUTOFPLACE] - each[INPLACE]) for each in some if len(each) == 2]
        rows.append((f"carry-over: the speedup, {where}", ratio_errors_text(shift)))
    return rows


def repeat_rows(first: Iterable[Trial], second: Iterable[Trial]) -> list[tuple[str, str]]:
    """(e): two whole runs of the same real pairs: do they say the same?"""
    again: Mapping[Case, Trial] = {trial.case: trial for trial in second}
    both = [(trial, again[trial.case]) for trial in first if trial.case in again]
    overlap = sum(a.low <= b.high and b.low <= a.high for a, b in both)
    flips = sum({a.verdict, b.verdict} == set(FALSE) for a, b in both)
    widths = [(math.exp(trial.high - trial.low) - 1) / 2 for pair in both for trial in pair]
    return [
        ("repeated run: intervals that overlap", str(Share(overlap, len(both), "fewer"))),
        ("repeated run: flips between `faster` and `slower`", str(Share(flips, len(both), "more"))),
        ("repeated run: half-width of the intervals", f"median {statistics.median(widths):.1%}" if widths else "none"),
    ]


def ratio_errors_text(errors: Sequence[float]) -> str:
    """Median and 95th percentile of |ln ratio|, as per cents."""
    if not errors:
        return "none"
    ordered = sorted(errors)
    high = ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)]
    return f"median {statistics.median(ordered):.2%}, 95th percentile {high:.2%} (n = {len(ordered)})"
