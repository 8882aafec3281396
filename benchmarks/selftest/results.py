"""Results of the self-test's runs as rows (what, text): errors, shares with their bounds, differences of bytes."""

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import binomtest

from benchmarks.planning.looks import left_after
from benchmarks.planning.presets import PRESETS, Preset
from benchmarks.record import OK, THRESHOLDS, Case, pass_log_speedup
from benchmarks.record.folder import read_journal
from benchmarks.record.interval import interval, verdict
from benchmarks.selftest import aa_pairs, aa_scenarios, known_bytes, planted_pairs
from benchmarks.selftest.ratio_errors import ratio_errors_text

FALSE = ("faster", "slower")


@dataclass(frozen=True)
class Trial:
    """One interval of a case's speedup, as an ordinary run would report it. The numbers are natural logarithms."""

    case: Case
    speedup: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """The verdict of an ordinary run with this interval."""
        return verdict(math.exp(self.low), math.exp(self.high), THRESHOLDS["difference"], THRESHOLDS["equivalence"])


@dataclass(frozen=True)
class Share:
    """The share k of n, with its one-sided 95 % bound (Clopper-Pearson) on the worse side."""

    k: int
    n: int
    worse: str  #: "more" or "fewer"

    @property
    def bound(self) -> float:
        """The bound on the worse side, from 0 to 1."""
        side = "less" if self.worse == "more" else "greater"
        bounds = binomtest(self.k, self.n, alternative=side).proportion_ci(0.95)
        return bounds.high if self.worse == "more" else bounds.low

    def __str__(self) -> str:
        if not self.n:
            return "none"
        limit = "at most" if self.worse == "more" else "at least"
        return f"{self.k} of {self.n} = {self.k / self.n:.1%} ({limit} {self.bound:.1%})"


def trials(folder: Path, preset: Preset = PRESETS["quick"]) -> list[Trial]:
    """Return the trials of a run: each case's timed passes in groups, each judged like an ordinary run of a preset.

    Like a case of such a run, a trial has no passes after a look that finds its interval narrow.
    """
    by_case: dict[Case, dict[int, float]] = defaultdict(dict)
    for outofplace, inplace in read_journal(folder):
        if outofplace.kind == "time" and outofplace.state == OK:
            value = pass_log_speedup(outofplace.times_s, inplace.times_s)
            if value is not None:
                by_case[outofplace.case][outofplace.pass_number] = value
    made = []
    for case, by_pass in by_case.items():
        values = [by_pass[number] for number in sorted(by_pass)]
        passes = (preset.scenario_passes if case.scale else None) or preset.passes
        for start in range(0, len(values), passes):
            group = values[start : start + passes]
            left = left_after(group, preset.looks)
            if left is None and len(group) < passes:
                continue
            group = group[:left]
            bounds = interval(group, THRESHOLDS["confidence"])
            if bounds is not None:
                made.append(Trial(case, statistics.median(group), *bounds))
    return made


def aa_rows(some: Sequence[Trial]) -> list[tuple[str, str]]:
    """Return rows about A/A trials: the error of their ratio, false verdicts, and intervals that hold the truth."""
    same = {pair.name for pair in (*aa_pairs.SAME, *aa_scenarios.SAME)}
    aa = [trial for trial in some if trial.case.pair in same]
    rows = [("A/A: error of the ratio", ratio_errors_text([abs(trial.speedup) for trial in aa]))]
    rows.append(("A/A: false `faster`/`slower`", str(Share(sum(t.verdict in FALSE for t in aa), len(aa), "more"))))
    held = sum(trial.low <= 0 <= trial.high for trial in aa)
    rows.append(("A/A: intervals that hold 1", str(Share(held, len(aa), "fewer"))))
    return rows


def planted_rows(some: Sequence[Trial]) -> list[tuple[str, str]]:
    """Return rows about planted differences: those found with the right sign, and intervals that hold the truth."""
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
    """Return a row with the largest difference between counted bytes and those that known functions allocate."""
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
