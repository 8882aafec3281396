"""Compares BASE and HEAD: judges every case of either run."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.gate.advised_lines import noter
from analysis.gate.change import BETTER, NEW, UNCHANGED, UNRESOLVED, VANISHED, WORSE, Change, JudgedCase, Limits
from analysis.gate.comparable import Relation, check_confirmation, relation
from analysis.gate.confirmed_times import second_look
from analysis.gate.deterministic import FLAKY, byte_changes, failing_state, failure_state, lost_bytes
from analysis.gate.gated_run import (
    SPEEDUP,
    SPEEDUPS,
    GatedRun,
    Row,
    gated_run,
    rows_by_case,
    with_felt_where_host_decides,
)
from analysis.gate.like_with_like import why_unlike
from analysis.gate.selection import Selection
from analysis.gate.times import FirstLook, first_look, judge_times
from analysis.numbers.felt import FELT_TIMES, TIMES
from analysis.numbers.memory import MEMORY_KEY
from analysis.run.load import CASE_COLUMNS, StoredRun
from benchmarks.record import Case, RecordError


@dataclass(frozen=True)
class Comparison:
    """The judged cases of two runs. `first` is None where times were not compared. `again`: the confirmation."""

    base: GatedRun
    head: GatedRun
    relation: Relation
    limits: Limits
    cases: tuple[JudgedCase, ...]
    first: FirstLook | None = None
    again: GatedRun | None = None
    not_asked: int = 0  #: cases of BASE that HEAD's own selection leaves out

    @property
    def regressed(self) -> bool:
        """Whether anything regressed."""
        failing = {WORSE} if self.limits.allow_vanished else {WORSE, VANISHED}
        return any(judged.state in failing for judged in self.cases)

    @property
    def suspects(self) -> list[JudgedCase]:
        """The cases that are worth measuring again."""
        return [judged for judged in self.cases if judged.suspect]


def compare(base: StoredRun, head: StoredRun, limits: Limits) -> Comparison:
    """Compares `head` with `base`. RecordError, one line, for runs that cannot be compared."""
    how = relation(base, head)
    both = _with_times_that_meet(gated_run(base), gated_run(head), how)
    before, after = (with_felt_where_host_decides(run, *both) for run in both)
    meet = any(how.times_meet(case.device) for case in before.cases.index)
    first = first_look(before, after, limits) if meet else None
    times = judge_times(first) if first else {}
    selection = Selection(base, head)
    judged = list(_judged_cases(*_rows(before, after, how), times, how, limits))
    noted = noter(base, head)
    cases = tuple(noted(each) for each in judged if each.state != VANISHED or selection.includes(each.case))
    return Comparison(before, after, how, limits, cases, first, not_asked=len(judged) - len(cases))


def _with_times_that_meet(base: GatedRun, head: GatedRun, how: Relation) -> tuple[GatedRun, GatedRun]:
    """Both runs without the passes of cases whose times do not compare."""
    unlike = _timed_differently(base, head)

    def meeting(run: GatedRun) -> GatedRun:
        kept = [case not in unlike and how.times_meet(case.device) for case in run.passes["case"]]
        return replace(run, passes=run.passes[np.array(kept, dtype=bool)])

    return meeting(base), meeting(head)


def _timed_differently(base: GatedRun, head: GatedRun) -> set[Case]:
    """The cases of both runs that were not timed alike."""
    return {case for case, row in base.by_case.items() if (other := head.by_case.get(case)) and why_unlike(row, other)}


def with_confirmation(comparison: Comparison, run: StoredRun) -> Comparison:
    """The comparison after `run` measured its suspects again. RecordError where `run` is no confirmation of HEAD."""
    check_confirmation(comparison.base.run, comparison.head.run, run)
    again = gated_run(run)
    unlike = again.passes["case"].isin(_timed_differently(comparison.head, again))
    again = replace(again, passes=again.passes[~unlike])
    again = with_felt_where_host_decides(again, comparison.base, comparison.head)
    if comparison.first is None or not comparison.suspects:
        return comparison
    found = second_look(comparison.first, comparison.base, comparison.head, again)
    cases = []
    for judged in comparison.cases:
        changes = _measured_again(judged.changes, found.get(judged.case, {}))
        if judged.flaky:
            judged = _failed_again(replace(judged, changes=changes), again, comparison.limits)
        elif judged.suspect:
            state = _state(changes, comparison.limits, unknown=bool(judged.reason))
            judged = replace(judged, changes=changes, state=state)
        cases.append(judged)
    return replace(comparison, cases=tuple(cases), again=again)


def _measured_again(changes: Iterable[Change], judged: Mapping[str, Change]) -> tuple[Change, ...]:
    """`changes`, with the suspect ones as the confirmation judges them."""
    return tuple(judged.get(each.quantity, _without_confirmation(each)) if each.suspect else each for each in changes)


def _without_confirmation(change: Change) -> Change:
    """The change as it is, with a note: an alarm that the confirmation did not measure stays one."""
    state = WORSE if change.state == WORSE else UNRESOLVED
    return replace(change, state=state, note="the confirmation did not measure it")


def _failed_again(judged: JudgedCase, again: GatedRun, limits: Limits) -> JudgedCase:
    """A case that failed in HEAD: still failing, unless it works in the confirmation."""
    row = again.by_case.get(judged.case)
    if row is None:
        return judged
    if not failure_state(row):
        state = _state_of_failing(UNRESOLVED, judged.changes, limits)
        return replace(judged, state=state, reason=f"{judged.reason}; it works in fresh processes")
    return replace(judged, reason=f"{judged.reason}; confirmed in fresh processes")


def _rows(base: GatedRun, head: GatedRun, how: Relation) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cases to compare, indexed by what they are matched on.

    Another machine may lack a heap regime and have another number of threads, and bytes depend on neither. There the
    heap is not matched on, and HEAD's threads count as BASE's if each run has a single number of them.
    """
    if not how.elsewhere:
        return base.cases, head.cases
    threads = [sorted({case.threads for case in run.cases.index}) for run in (base, head)]
    renamed = dict(zip(threads[1], threads[0], strict=True)) if len(threads[0]) == len(threads[1]) == 1 else {}
    return _by_bytes(base.cases, {}), _by_bytes(head.cases, renamed)


def _by_bytes(cases: pd.DataFrame, threads: Mapping[int, int]) -> pd.DataFrame:
    once = cases[~cases.duplicated(MEMORY_KEY)]
    names = [replace(c, allocator="inherited", threads=threads.get(c.threads, c.threads)) for c in once.index]
    return once.set_index(pd.Index(names, dtype=object))


def _judged_cases(
    base: pd.DataFrame, head: pd.DataFrame, times: Mapping[Case, list[Change]], how: Relation, limits: Limits
) -> Iterable[JudgedCase]:
    shared = base.index.intersection(head.index)
    if not len(shared):
        raise RecordError(f"BASE and HEAD have no case in common{_disjoint_fields(base, head)}")
    before, after = rows_by_case(base), rows_by_case(head)
    devices = {case.device for case in head.index}
    for case in base.index.union(head.index, sort=True):
        if case not in after and how.elsewhere and case.device not in devices:
            yield JudgedCase(case, UNRESOLVED, reason=f"HEAD, of another machine, measured nothing on {case.device}")
        elif case not in after:
            yield JudgedCase(case, VANISHED)
        elif case not in before:
            yield JudgedCase(case, NEW)
        else:
            yield _judge_shared(case, before[case], after[case], times.get(case, []), how, limits)


def _judge_shared(case: Case, base: Row, head: Row, times: list[Change], how: Relation, limits: Limits) -> JudgedCase:
    failing = failing_state(base, head, bool(how.elsewhere))
    if failing:
        (state, reason), weighed = failing, tuple(byte_changes(base, head))
        flaky = state == WORSE and head["state"] in FLAKY
        return JudgedCase(case, _state_of_failing(state, weighed, limits), weighed, reason, flaky)
    changes = [*times, *byte_changes(base, head)]
    lost = lost_bytes(base, head)
    if lost and failure_state(head) and not how.elsewhere:
        return JudgedCase(case, WORSE, tuple(changes), lost, failure_state(head) in FLAKY)
    notes = [lost]
    if base["timed"] and how.times_meet(case.device) and not any(change.quantity == SPEEDUP for change in times):
        notes.insert(0, _why_no_speedup(base, head))
    if not changes and not any(notes):
        notes.append("no bytes to compare")
    reason = "; ".join(filter(None, notes))
    return JudgedCase(case, _state(changes, limits, unknown=bool(reason)), tuple(changes), reason)


def _state_of_failing(state: str, weighed: Iterable[Change], limits: Limits) -> str:
    """The state of a case that fails in one of the runs. Both may have counted its bytes all the same."""
    by_bytes = _state(weighed, limits)
    return by_bytes if by_bytes == WORSE or state == UNCHANGED else state


def _why_no_speedup(base: Row, head: Row) -> str:
    """The reason why a case that both runs timed has no speedup to compare."""
    if unlike := why_unlike(base, head):
        return unlike
    for name, row in (("BASE", base), ("HEAD", head)):
        if row["bistable"]:
            return f"bistable in {name}: {row['cause']}"
    return f"too few passes ({base['passes']} in BASE, {head['passes']} in HEAD)"


def _state(changes: Iterable[Change], limits: Limits, unknown: bool = False) -> str:
    """The state of a case's worst quantity. Times scatter too much to leave a case unresolved: the speedup decides.

    A speedup that falls because out-of-place got faster, while in-place did not get slower, is no regression.
    """
    by_quantity = {change.quantity: change for change in changes}
    states = {quantity: change.state for quantity, change in by_quantity.items()}
    for speedup, times in zip(SPEEDUPS, (TIMES, FELT_TIMES), strict=True):
        outofplace, inplace = (by_quantity.get(name) for name in times)
        if outofplace and inplace and outofplace.state == BETTER and states.get(speedup) == WORSE:
            slower = inplace.state == WORSE or math.expm1(inplace.growth) >= limits.speedup
            states[speedup] = WORSE if slower else BETTER
    found = set(states.values())
    if WORSE in found:
        return WORSE
    if BETTER in found:
        return BETTER
    open_ = any(states.get(speedup) == UNRESOLVED for speedup in SPEEDUPS)
    return UNRESOLVED if unknown or open_ else UNCHANGED


def _disjoint_fields(base: pd.DataFrame, head: pd.DataFrame) -> str:
    """The fields in which no case of one run agrees with any of the other: '; they differ in threads (2, 8)'."""
    found = []
    for name in CASE_COLUMNS:
        ours, theirs = ({getattr(case, name) for case in frame.index} for frame in (base, head))
        if not ours & theirs and len(ours) == len(theirs) == 1:
            found.append(f"{name} ({ours.pop()}, {theirs.pop()})")
    return f"; they differ in {', '.join(found)}" if found else ""
