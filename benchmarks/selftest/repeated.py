"""How far two whole runs of the same pairs agree, and how much the passes of one run scatter."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from analysis.gate.change import UNRESOLVED, Limits
from analysis.gate.compare import compare
from analysis.run.load import load_run
from benchmarks.planning.presets import PRESETS
from benchmarks.record import OK, Case, block_log_ratios, pass_log_speedup
from benchmarks.record.folder import read_journal
from benchmarks.selftest.results import FALSE, Share, Trial


def repeat_rows(first: Iterable[Trial], second: Iterable[Trial]) -> list[tuple[str, str]]:
    """Return rows about how far two whole runs of the same pairs agree."""
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


def unresolved_rows(first: Path, second: Path) -> list[tuple[str, str]]:
    """Return rows with the shares of cases in which the gate could see no change, and rule out none, of two runs."""
    judged = compare(load_run(first), load_run(second), Limits()).cases
    of_ops = [each.state == UNRESOLVED for each in judged if not each.case.scale]
    of_scenarios = [each.state == UNRESOLVED for each in judged if each.case.scale]
    what = "repeated run: cases of {} that the gate leaves `unresolved`"
    return [
        (what.format(kind), str(Share(sum(some), len(some), "more")))
        for kind, some in (("ops", of_ops), ("scenarios", of_scenarios))
    ]


def scatter_row(folder: Path) -> tuple[str, str]:
    """Return a row that compares two ways to get the speedup of a pass, by how far passes of a case then differ.

    One is `pass_log_speedup`, the other the median over blocks. Both use the same rounds, of the passes that no width
    has chosen.
    """
    first_look = PRESETS["quick"].looks[0].passes
    what = "scatter over passes: speedups by pairs of rounds / by blocks"
    by_case: dict[Case, list[tuple[float, float]]] = defaultdict(list)
    for outofplace, inplace in read_journal(folder):
        if outofplace.kind == "time" and outofplace.state == OK:
            times = (outofplace.times_s, inplace.times_s)
            speedup, passes = pass_log_speedup(*times), by_case[outofplace.case]
            if speedup is not None and len(passes) < first_look:
                passes.append((speedup, statistics.median(block_log_ratios(*times))))
    several = [passes for passes in by_case.values() if len(passes) > 1]
    scatters = [tuple(map(statistics.stdev, zip(*passes, strict=True))) for passes in several]
    ratios = [pairs / blocks for pairs, blocks in scatters if blocks > 0]
    if not ratios:
        return what, "none"
    less = sum(ratio < 1 for ratio in ratios)
    text = f"median {statistics.median(ratios):.2f}, below 1 in {less} of {len(ratios)} cases"
    return what, text
