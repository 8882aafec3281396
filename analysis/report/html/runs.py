"""Several runs side by side: machines, devices or versions of torch, and each op over them. Only ratios compare."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.across.matched_cases import cases_by_key
from analysis.numbers.geomeans import geomean
from analysis.numbers.quantities import PEAK_BYTES
from analysis.report.html.anchors import Anchors, unique
from analysis.run import facts
from analysis.run.description import method_of
from analysis.section import Section
from analysis.units import (
    MISSING,
    and_text,
    arrow_text,
    bytes_text,
    known,
    number_text,
    ratio_text,
    size_text,
)
from benchmarks.record import PHASES
from benchmarks.record.versions import release, times_alike

_GEOMEAN = "geomean speedup"


@dataclass(frozen=True)
class RunColumn:
    """A section as a column: the prefix of its ids, and its name."""

    prefix: str
    name: str


@dataclass(frozen=True)
class HistoryPoint:
    """A case in one run; the script of the page draws the numbers on a line."""

    text: str
    verdict: str
    sorts_by: str
    interval: str  #: its ends as "low,high"; empty where there is none


@dataclass(frozen=True)
class History:
    """A case over the runs, the oldest first; None where a run lacks it."""

    pair: str
    anchor: str
    phase: str
    size: str
    numel: int
    runs: list[HistoryPoint | None]
    spread: str  #: largest speedup over smallest
    sorts_by: str
    memory: str  #: out-of-place peak / in-place peak; per run where their bytes differ
    memory_moved: bool
    id: str


@dataclass(frozen=True)
class RunsPage:
    """All runs, the oldest first, and the cases that at least two of them have."""

    columns: list[RunColumn]
    facts: list[tuple[str, list[str]]]  #: (what, a text per run)
    methods_note: str  #: a note where runs were timed by different methods; else ""
    host_decides: bool  #: in some case of some run
    rows: list[History]


def section_names(sections: Sequence[Section]) -> list[str]:
    """A short name per section: label or host, torch, device, day; where they are equal, what was measured instead of
    the day if that tells them apart, else with the time, else with a number."""
    names = [_name(section, "%Y-%m-%d") for section in sections]
    by_content = [f"{_name(section)} · {_measured(section)}" for section in sections]
    apart = []
    for section, name, other in zip(sections, names, by_content, strict=True):
        if names.count(name) > 1:
            name = other if by_content.count(other) == 1 else _name(section, "%Y-%m-%d %H:%M")
        apart.append(name)
    return unique(apart)


def _measured(section: Section) -> str:
    """What a section has: ops, scenarios, or both."""
    parts = {"ops": section.cases, "scenarios": section.scenarios}
    return ", ".join(name for name, cases in parts.items() if len(cases))


def _name(section: Section, moment: str = "") -> str:
    run = section.run.facts
    machine, started = facts.part(run, "machine"), facts.moment(run.get("start"))
    torch = facts.text(machine.get("torch_version"))
    who = facts.text(run.get("label")) or facts.text(machine.get("host"))
    when = started.strftime(moment) if started and moment else None
    parts = [who, f"torch {release(torch)}" if torch else None, section.device, when]
    return " · ".join(part for part in parts if part)


def runs_page(sections: Sequence[Section], prefixes: Sequence[str], anchors: Anchors) -> RunsPage | None:
    """The sections, the oldest first; None for a single one."""
    if len(sections) < 2:
        return None
    by_age = list(zip(sections, prefixes, section_names(sections), strict=True))
    by_age.sort(key=lambda each: str(facts.moment(each[0].run.facts.get("start")) or ""))
    facts_ = [_facts(section) for section, _, _ in by_age]
    whats = dict.fromkeys(what for each in facts_ for what in each)
    frames = [cases_by_key(section) for section, _, _ in by_age]
    keys = _keys(frames)
    ids = unique(f"history-{anchors.op(*key[:2])[3:]}.{key[2]}.{key[3]}" for key in keys)
    return RunsPage(
        columns=[RunColumn(prefix, name) for _, prefix, name in by_age],
        facts=[(what, [each.get(what, MISSING) for each in facts_]) for what in whats],
        methods_note=_methods_note(sections),
        host_decides=any(section.host_decides for section in sections),
        rows=[_history(key, frames, anchors, id_) for key, id_ in zip(keys, ids, strict=True)],
    )


def _methods_note(sections: Sequence[Section]) -> str:
    """A sentence where two runs timed a kind of device by methods that time it differently; else empty."""
    by_type: dict[str, list[int | str | None]] = {}
    for section in sections:
        by_type.setdefault(section.device.partition(":")[0], []).append(method_of(section.run.facts))
    others = [kind for kind, methods in by_type.items() if not all(times_alike(kind, methods[0], m) for m in methods)]
    if not others:
        return ""
    return f"These runs timed {and_text(others)} by different methods: a speedup may differ for that alone."


def _facts(section: Section) -> dict[str, str]:
    cases = section.felt.headline
    rows = [("stored as", section.run.name), ("machine", section.machine_line)]
    rows += _judged_counts(section)
    for phase in PHASES:
        mine = cases.loc[cases["phase"] == phase, "speedup"]
        if len(mine):
            rows.append((f"{_GEOMEAN}, {phase}", f"{ratio_text(geomean(mine))} of {number_text(len(mine), 'case')}"))
            if section.headline.loc[mine.index, "host_decides"].eq(True).any():
                device = ratio_text(geomean(section.headline.loc[mine.index, "speedup"]))
                rows.append((f"{_GEOMEAN}, {phase}, on the device", device))
    for question, mine in section.bytes.groupby("question", sort=False):
        ratio = geomean(mine["outofplace"] / mine["inplace"])
        rows.append((f"memory ratio, {question}", f"{ratio_text(ratio)} of {number_text(len(mine), 'op')}"))
    return dict(rows)


def _judged_counts(section: Section) -> list[tuple[str, str]]:
    """How many cases of ops and of scenarios have a verdict; a row of those that the run has."""
    parts = (("ops", section.cases), ("scenarios", section.scenarios))
    return [(f"cases of {kind} with a verdict", f"{of['verdict'].notna().sum():,}") for kind, of in parts if len(of)]


def _keys(frames: Sequence[pd.DataFrame]) -> list[tuple]:
    counts: dict[tuple, int] = {}
    for frame in frames:
        for key in frame.index:
            counts[key] = counts.get(key, 0) + 1
    several = [key for key, count in counts.items() if count > 1]
    return sorted(several, key=lambda key: (*key[:2], PHASES.index(key[2]), key[3], str(key[4:])))


def _history(key: tuple, frames: Sequence[pd.DataFrame], anchors: Anchors, id_: str) -> History:
    cases = [frame.loc[key] if key in frame.index else None for frame in frames]
    known_ = [case for case in cases if case is not None]
    family, pair, phase, numel, shape = key[:5]
    memory, memory_moved = _memory([tuple(case[list(PEAK_BYTES.columns)]) for case in known_])
    spread = max(case["speedup"] for case in known_) / min(case["speedup"] for case in known_)
    return History(
        pair=known_[0]["label"],
        anchor=anchors.op(family, pair),
        phase=f"{phase}, fresh pages" if key[-1] else phase,
        size=size_text(numel, shape),
        numel=numel,
        runs=[None if case is None else _then(case) for case in cases],
        spread=ratio_text(spread),
        sorts_by=f"{spread:.4g}",
        memory=memory,
        memory_moved=memory_moved,
        id=id_,
    )


def _memory(peaks: Sequence[tuple[float, float]]) -> tuple[str, bool]:
    """The memory ratio as text, and whether it changed from run to run.

    `peaks`: bytes of both variants in each run that has the case, the oldest first.
    """
    both = [pair for pair in peaks if all(map(known, pair))]
    if not both:
        return MISSING, False
    if len(set(both)) == 1:
        return _ratio(both[0]), False
    texts = [f"{_ratio(pair)} ({arrow_text(*map(bytes_text, pair))})" for pair in dict.fromkeys(both)]
    return "; then ".join(texts), True


def _ratio(pair: tuple[float, float]) -> str:
    return ratio_text(pair[0] / pair[1]) if pair[1] else MISSING


def _then(case: pd.Series) -> HistoryPoint:
    low, high = case["speedup_low"], case["speedup_high"]
    interval = f"{low:.4g},{high:.4g}" if known(low) else ""
    text, verdict = ratio_text(case["speedup"]), case["verdict"]
    return HistoryPoint(text, verdict.replace(" ", "-"), f"{case['speedup']:.4g}", interval)
