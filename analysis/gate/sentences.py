"""A comparison in sentences: the answer, what was compared, what to note, what to do next."""

import math
import shlex

import numpy as np

from analysis.gate.change import STATES, VANISHED, WORSE
from analysis.gate.compare import Comparison
from analysis.gate.gated_run import ALL_TIMES, FELT, SPEEDUP
from analysis.gate.selection import Selection
from analysis.numbers.verified import not_compared
from analysis.run.facts import part, text
from analysis.run.load import StoredRun
from analysis.units import change_text, count_text, number_text, percent_text
from benchmarks.record import PROSE
from benchmarks.record.plain_text import first_names
from benchmarks.record.versions import times_alike

#: The smallest drift of all times of a kind, as a share, that is reported.
_LEAST_DRIFT = 0.03
_VARIANTS = dict(zip(ALL_TIMES, (*PROSE.values(), *PROSE.values()), strict=True))


def counts(comparison: Comparison) -> dict[str, int]:
    """The number of cases of each state, worst first."""
    found = [judged.state for judged in comparison.cases]
    return {state: found.count(state) for state in STATES}


def gate_answer(comparison: Comparison) -> str:
    """The answer: whether there is a regression, and why."""
    found = counts(comparison)
    compared = len(comparison.cases) - found[VANISHED] - found["new"]
    parts = [f"{number_text(found[WORSE], 'case')} worse"] if found[WORSE] else []
    if found[VANISHED] and not comparison.limits.allow_vanished:
        parts.append(f"{number_text(found[VANISHED], 'case')} vanished (--allow-vanished accepts them)")
    if parts:
        return f"Regression: {' and '.join(parts)}, of {number_text(compared, 'case')} compared."
    return f"No regression in {number_text(compared, 'case')}."


def counts_line(comparison: Comparison) -> str:
    """'1 worse, 0 vanished, 51 unresolved, 2 better, 640 unchanged, 0 new'."""
    return ", ".join(f"{count:,} {state}" for state, count in counts(comparison).items())


def comparison_sentences(comparison: Comparison) -> list[str]:
    """What was compared, what counts as a change, and which facts of the runs differ."""
    lines = [f"{name}: {was} in BASE, {now} in HEAD" for name, was, now in comparison.relation.differing]
    lines += [_damage(name, run.run) for name, run in (("BASE", comparison.base), ("HEAD", comparison.head))]
    lines = [line for line in (*lines, _not_asked(comparison), _not_compared(comparison)) if line]
    if comparison.relation.elsewhere:
        what = "; ".join(comparison.relation.elsewhere)
        lines.append(f"Another machine ({what}): bytes only, times are not compared.")
        return lines
    lines += _methods(comparison)
    if comparison.first is None:
        return lines
    limits = comparison.limits
    lines.append(
        f"Bytes compare exactly, speedups from {_exact(limits.speedup)}, times from {_exact(limits.time)}; "
        f"at most {_exact(limits.alpha)} of comparisons should alarm by chance."
    )
    return lines + _felt(comparison) + _smallest_alarms(comparison) + drift_sentences(comparison)


def _not_asked(comparison: Comparison) -> str:
    """How many cases of BASE are outside HEAD's own selection; empty where none is."""
    if not comparison.not_asked:
        return ""
    selection = Selection(comparison.base.run, comparison.head.run)
    return f"HEAD's own selection ({selection}) leaves out {number_text(comparison.not_asked, 'case')} of BASE."


def _not_compared(comparison: Comparison) -> str:
    """In how many cases of HEAD the variants were not compared; empty where all were."""
    cases = comparison.head.cases
    count = sum(bool(not_compared(row)) for row in cases[["state", "verified"]].itertuples())
    if not count:
        return ""
    return f"In {number_text(count, 'case')} of HEAD the variants were not compared (verify=False): they may differ."


def _methods(comparison: Comparison) -> list[str]:
    """The devices on which times are not compared, as the methods, or the facts of a GPU's speed, differ."""
    how = comparison.relation
    devices = sorted({judged.case.device for judged in comparison.cases})
    others = [device for device in devices if not times_alike(device, *how.methods)]
    was, now = how.methods
    where = ", ".join(others)
    lines = [f"Method {was} in BASE and {now} in HEAD time {where} differently: bytes only there."] if others else []
    gpus = [(device, how.other_gpus[device]) for device in devices if device in how.other_gpus]
    return lines + [f"{device} has another {what} in HEAD: bytes only there." for device, what in gpus]


def _exact(share: float) -> str:
    return f"{share * 100:g}\N{NO-BREAK SPACE}%"


def _damage(name: str, run: StoredRun) -> str:
    """Which lines of a run could not be read; empty where all could."""
    lost = {"lone": len(run.lone), "torn": run.torn}
    lines = " and ".join(f"{number_text(count, f'{kind} line')}" for kind, count in lost.items() if count)
    return f"{name} is damaged: {lines} could not be used." if lines else ""


def _felt(comparison: Comparison) -> list[str]:
    """In how many cases felt times of a GPU were compared too; empty where there are none."""
    quantities = ({change.quantity for change in judged.changes} for judged in comparison.cases)
    count = sum(not found.isdisjoint(FELT) for found in quantities)
    if not count:
        return []
    return [
        f"In {number_text(count, 'case')} the host of a GPU decides: the felt time, the longer of the host's and the "
        "device's, is compared as well."
    ]


def _smallest_alarms(comparison: Comparison) -> list[str]:
    """The smallest changes of speedups that alarm, with the noise of these runs."""
    needed = [
        math.expm1(change.alarms_from)
        for judged in comparison.cases
        for change in judged.changes
        if change.quantity == SPEEDUP and change.alarms_from is not None
    ]
    if not needed:
        return ["No case was timed often enough in both runs to compare its speedup."]
    usual, high = np.quantile(needed, [0.5, 0.9])
    of = number_text(len(needed), "case")
    return [
        f"With this noise, speedups alarm at once from {percent_text(usual)} in half of {of}, "
        f"from {percent_text(high)} in nine of ten."
    ]


def drift_sentences(comparison: Comparison) -> list[str]:
    """By how much the times of most cases moved together, which is not judged; or that this is not known."""
    if comparison.first is None:
        return []
    if not any(name in ALL_TIMES for name in comparison.first.looks):
        return ["Too few cases to know the machine's drift: absolute times are not compared."]
    moved = {which: shift for which, shift in comparison.first.shifts.items() if abs(shift) >= _LEAST_DRIFT}
    if not moved:
        return []
    found: dict[tuple[str, bool, tuple], list[str]] = {}
    for (name, kind), shift in sorted(moved.items(), key=lambda item: -abs(item[1])):
        found.setdefault((change_text(math.exp(shift)), name in FELT, kind), []).append(_VARIANTS[name])
    parts = [
        f"{'both' if len(variants) > 1 else variants[0]}{' as felt' if felt else ''} {by} at {count_text(numel)} "
        f"({device}, {allocator})"
        for (by, felt, (device, allocator, _, numel)), variants in found.items()
    ]
    return [f"Times of most cases moved together, which is not judged: {first_names(parts, 4)}."]


def next_step(comparison: Comparison, command: list[str]) -> str:
    """The command that measures suspects again; empty where no suspect is left to measure."""
    if not comparison.suspects or comparison.again is not None:
        return ""
    many = len(comparison.suspects)
    which = "1 case is suspect and was" if many == 1 else f"{many:,} cases are suspect and were"
    again = ask_again(comparison) or shlex.join([*command, "--confirm"])
    return f"{which} not measured again; do so with: {again}"


def ask_again(comparison: Comparison) -> str:
    """The command that asks the advisor again, where HEAD is one of its answers; else empty."""
    facts = comparison.head.run.facts
    return (text(facts.get("command")) or "") if part(facts, "advice") else ""
