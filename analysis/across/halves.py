"""The passes of one run split in two: both halves are of the same code, so every change between them is false."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.across.case_changes import compared_cases
from analysis.across.expectation_changes import expectation_changes
from analysis.across.matched_cases import cases_by_key
from analysis.across.place_steps import PlaceStep
from analysis.across.places import placed
from analysis.gate.times import FEWEST_PASSES
from analysis.run.load import StoredRun
from analysis.section import sections
from benchmarks.record import RecordError


@dataclass(frozen=True)
class SplitCount:
    """What one split found: cases that were compared, and of these the ones that changed or whose verdicts differ."""

    compared: int
    changed: int  #: cases and expectations with a change, as a page of several runs would show it
    judged: int  #: cases that have enough passes for a verdict in both halves
    other_verdict: int  #: of these, cases whose verdicts are different words: such a page shows none of them for that


def count_splits(run: StoredRun, splits: int, seed: int = 0) -> Iterator[SplitCount]:
    """One count per split: the first takes every second pass, the others split at random. RecordError where a half has
    too few passes."""
    kinds = passes_by_kind(run)
    most = max(map(len, kinds), default=0)
    if most < 2 * FEWEST_PASSES:
        raise RecordError(f"{run.folder}: has {most} timed passes of a kind; two halves need {2 * FEWEST_PASSES}")
    for first, second in drawn_halves(kinds, splits, seed):
        yield _count(_half(run, first, "half 1"), _half(run, second, "half 2"))


def passes_by_kind(run: StoredRun) -> list[list[int]]:
    """The numbers of the timed passes, grouped by the heaps that they time: a run may time some cases in some passes
    and the rest in others."""
    timed = run.frame[run.frame["kind"] == "time"]
    heaps = timed.groupby("pass_number")["allocator"].agg(lambda names: tuple(sorted(set(names))))
    return [sorted(int(number) for number in some.index) for _, some in heaps.groupby(heaps)]


def drawn_halves(kinds: Sequence[Sequence[int]], splits: int, seed: int) -> Iterator[tuple[set[int], set[int]]]:
    """The numbers of each kind split in two, `splits` times: every second one first, then at random."""
    draw = random.Random(seed)
    for place in range(splits):
        halves: tuple[set[int], set[int]] = (set(), set())
        for numbers in kinds:
            ordered = numbers if place == 0 else draw.sample(numbers, len(numbers))
            for half, start in zip(halves, (0, 1), strict=True):
                half.update(ordered[start::2])
        yield halves


def _half(run: StoredRun, passes: set[int], name: str) -> StoredRun:
    """The run with some of its timed passes, under a name of its own; bytes are those of the whole run."""
    kept = (run.frame["kind"] != "time") | run.frame["pass_number"].isin(passes)
    frame = run.frame[kept].reset_index(drop=True).assign(run=name)
    return replace(run, name=name, folder=run.folder / name, facts={**run.facts, "half": name}, frame=frame)


def _count(*halves: StoredRun) -> SplitCount:
    compared = changed = judged = other = 0
    parts = placed(sections(halves))
    for device in dict.fromkeys(each.section.device for each in parts):
        before, after = (each for each in parts if each.section.device == device)
        found = compared_cases(PlaceStep(before, after), {})
        if found.note:
            raise RecordError(found.note)
        frames = [cases_by_key(each.section).dropna(subset=["speedup_low"])["verdict"] for each in (before, after)]
        shared = frames[0].index.intersection(frames[1].index)
        compared += found.compared
        judged += len(shared)
        changed += len({(each.family, each.subject, each.where) for each in found.changes})
        changed += sum(1 for _ in expectation_changes(before.section, after.section, found.moved_speedups, {}))
        other += int((frames[0].loc[shared] != frames[1].loc[shared]).sum())
    return SplitCount(compared, changed, judged, other)
