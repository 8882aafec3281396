"""The cases of two sections: which verdicts, speedups, times, bytes and states changed.

The gate's statistics say which speedups and times changed (`analysis.gate`): on one machine only, significant over all
cases at once, and large enough to matter. A reversed verdict (`faster` to `slower`, or back) is a change on
any machine: both intervals lie beyond 1.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import pandas as pd

from analysis.across.matched_cases import case_key, case_of_key, cases_by_key, states_by_key
from analysis.across.place_change import (
    BYTES_MOVED,
    SPEEDUP_MOVED,
    STATE,
    TIME_MOVED,
    VERDICT,
    PlaceChange,
    bytes_texts,
)
from analysis.across.place_steps import PlaceStep
from analysis.across.places import DEVICE
from analysis.gate.change import BETTER, WORSE, Change, JudgedCase, Limits
from analysis.gate.compare import Comparison, compare
from analysis.gate.gated_run import FELT_SPEEDUP, SPEEDUPS
from analysis.gate.rows import case_namer, numbers_text, quantity_text
from analysis.gate.sentences import drift_sentences
from analysis.numbers.quantities import GATED
from analysis.run.load import StoredRun
from analysis.units import change_text, ratio_text
from benchmarks.record import OK, PROSE, Case, RecordError
from benchmarks.record.interval import FASTER, SLOWER

_OPPOSITE = ({FASTER, SLOWER},)
_BOTH = "both variants'"
_OTHER_DEVICES = "they are of other devices"
#: Facts that say no more than the version with its build, such as 2.13.0+cpu.
_SAID_BY_VERSION = ("torch_build", "torch_cuda")

#: By the runs before and after: their comparison by the gate, or why there is none, in one line.
Comparisons = dict[tuple[StoredRun, StoredRun], Comparison | str]


@dataclass(frozen=True)
class ComparedCases:
    """The changes of the cases that two sections share. `alone`: cases that only one of them has."""

    changes: tuple[PlaceChange, ...]
    compared: int
    alone: int
    times_meet: bool
    note: str = ""  #: why the gate compares nothing, if so
    facts: tuple[tuple[str, str, str], ...] = ()  #: other facts of the runs that differ: name, before, after
    drift: tuple[str, ...] = ()  #: by how much most times moved together, in sentences

    @property
    def moved_speedups(self) -> set[tuple[str, str]]:
        """Pair and phase of every speedup that changed."""
        return {(each.subject, each.phase) for each in self.changes if each.kind in (VERDICT, SPEEDUP_MOVED)}


def compared_cases(step: PlaceStep, made: Comparisons) -> ComparedCases:
    """What changed in the cases of `step`; `made` remembers comparisons, as runs may have several devices."""
    before, after = step.before.section, step.after.section
    frames = cases_by_key(before), cases_by_key(after)
    states = states_by_key(before), states_by_key(after)
    shared = states[0].index.intersection(states[1].index)
    alone = len(states[0].index.union(states[1].index)) - len(shared)
    found = _OTHER_DEVICES if DEVICE in step.differs or not len(shared) else _gated(before.run, after.run, made)
    changes: dict[tuple, list[PlaceChange]] = {}
    if isinstance(found, Comparison):
        for key, change in _gate_changes(found, before.device):
            changes.setdefault(key, []).append(change)
    known = {key for key, some in changes.items() if any(each.kind in (VERDICT, SPEEDUP_MOVED) for each in some)}
    rest = chain(_reversed_verdicts(*frames, known, after.device), _state_changes(*states, shared, after.device))
    everything = (*chain(*changes.values()), *rest)
    if isinstance(found, str):
        return ComparedCases(everything, len(shared), alone, False, found if len(shared) else "")
    meet = found.relation.times_meet(after.device)
    facts = tuple(row for row in found.relation.differing if row[0] not in _SAID_BY_VERSION)
    drift = tuple(drift_sentences(found)) if meet else ()
    return ComparedCases(everything, len(shared), alone, meet, "", facts, drift)


def _namer(cases: Sequence[Case]) -> Callable[[Case], str]:
    """Names a case among those of ops, or among those of scenarios: they differ in other axes."""
    ops, scenarios = (case_namer([case for case in cases if (case.scale > 0) == of]) for of in (False, True))
    return lambda case: (scenarios if case.scale > 0 else ops)(case)


def _gated(before: StoredRun, after: StoredRun, made: Comparisons) -> Comparison | str:
    if (before, after) not in made:
        try:
            made[before, after] = compare(before, after, Limits())
        except RecordError as error:
            made[before, after] = str(error)
    return made[before, after]


def _gate_changes(found: Comparison, device: str) -> Iterator[tuple[tuple, PlaceChange]]:
    """The changes that the gate found on one device, with the keys of their cases."""
    mine = [judged for judged in found.cases if judged.case.device == device]
    name = _namer([judged.case for judged in mine])
    for judged in mine:
        key = case_key(judged.case)
        for change in chain(_timed(judged, found, name), _counted(judged, name)):
            yield key, change


def _timed(judged: JudgedCase, found: Comparison, name: Callable[[Case], str]) -> Iterator[PlaceChange]:
    """Its speedup where that changed; else the times that changed, as both variants may have changed alike."""
    moved = [each for each in judged.changes if not each.counted and each.state in (WORSE, BETTER)]
    speedups = [each for each in moved if each.quantity in SPEEDUPS]
    for change in speedups or moved:
        before, after, by = numbers_text(change)
        kind = TIME_MOVED
        if change.quantity in SPEEDUPS:
            words = [_verdict(run.by_case.get(judged.case), change) for run in (found.base, found.head)]
            kind = VERDICT if words[0] != words[1] else SPEEDUP_MOVED
            before, after = (f"{text} {word}".strip() for text, word in zip((before, after), words, strict=True))
        yield _of_case(
            judged.case,
            kind,
            name(judged.case),
            (change.base, change.head),
            what=quantity_text(change.quantity),
            before=before,
            after=after,
            change=by,
            size=abs(change.growth),
        )


def _verdict(row: Mapping | None, change: Change) -> str:
    word = row["felt_verdict" if change.quantity == FELT_SPEEDUP else "verdict"] if row else None
    return word if isinstance(word, str) else ""


def _counted(judged: JudgedCase, name: Callable[[Case], str]) -> Iterator[PlaceChange]:
    """The bytes that changed; those of both variants as one where they changed alike."""
    moved = {each.quantity: each for each in judged.changes if each.counted and each.state in (WORSE, BETTER)}
    shown: set[tuple[str, float, float]] = set()  # in a step, the call's peak is the step's
    for quantity in GATED:
        both = [moved.get(column) for column in quantity.columns]
        alike = both[0] and both[1] and (both[0].base, both[0].head) == (both[1].base, both[1].head)
        for variant, each in zip((_BOTH,) if alike else PROSE.values(), both, strict=False):
            if each is not None and (variant, each.base, each.head) not in shown:
                shown.add((variant, each.base, each.head))
                what = f"{variant} {quantity.short}"
                was, now, by = bytes_texts(each.base, each.head)
                yield _of_case(
                    judged.case,
                    BYTES_MOVED,
                    name(judged.case),
                    (each.base, each.head),
                    what=what,
                    before=was,
                    after=now,
                    change=by,
                    size=abs(each.growth),
                )


def _of_case(
    case: Case,
    kind: str,
    where: str,
    values: tuple[float | None, float | None],
    *,
    what: str,
    before: str,
    after: str,
    change: str,
    size: float,
) -> PlaceChange:
    return PlaceChange(
        kind=kind,
        subject=case.pair,
        where=where,
        what=what,
        before=before,
        after=after,
        change=change,
        size=size,
        family=case.family,
        phase=case.phase,
        group=case.phase if kind == TIME_MOVED else f"{case.phase} {what}",  # both times of a case move together
        rank=case.numel,
        is_scenario=case.scale > 0,
        before_value=values[0],
        after_value=values[1],
    )


def _reversed_verdicts(
    before: pd.DataFrame, after: pd.DataFrame, known: set[tuple], device: str
) -> Iterator[PlaceChange]:
    """The reversed verdicts, without those of the keys in `known`."""
    shared = before.index.intersection(after.index)
    pairs = zip(shared, before.loc[shared, "verdict"], after.loc[shared, "verdict"], strict=True)
    turned = [key for key, was, now in pairs if {was, now} in _OPPOSITE and key not in known]
    cases = [case_of_key(key, device) for key in turned]
    name = _namer(cases)
    for key, case in zip(turned, cases, strict=True):
        was, now = before.loc[key], after.loc[key]
        ends = [f"{ratio_text(row['speedup'])} {row['verdict']}" for row in (was, now)]
        by = now["speedup"] / was["speedup"]
        values = float(was["speedup"]), float(now["speedup"])
        texts = {"what": "speedup", "before": ends[0], "after": ends[1], "change": change_text(by)}
        yield _of_case(case, VERDICT, name(case), values, **texts, size=abs(math.log(by)))


def _state_changes(before: pd.DataFrame, after: pd.DataFrame, shared: pd.Index, device: str) -> Iterator[PlaceChange]:
    """The cases that work in one section and fail in the other."""
    pairs = zip(shared, before.loc[shared, "state"], after.loc[shared, "state"], strict=True)
    moved = [(key, was, now) for key, was, now in pairs if was != now and OK in (was, now)]
    cases = [case_of_key(key, device) for key, _, _ in moved]
    name = _namer(cases)
    for (key, was, now), case in zip(moved, cases, strict=True):
        reason = (after if now != OK else before).loc[key, "reason"]
        words = [{OK: "works"}.get(state, state.replace("_", " ")) for state in (was, now)]
        said = reason if isinstance(reason, str) else ""
        texts = {"what": "", "before": words[0], "after": words[1], "change": said}
        yield _of_case(case, STATE, name(case), (None, None), **texts, size=1.0)
