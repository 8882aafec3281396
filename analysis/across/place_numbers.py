"""A row of numbers per place, over the cases that all places have: geomeans of other cases would not compare."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.across.matched_cases import CASE_KEY
from analysis.across.places import PlacedSection
from analysis.across.side_by_side import SideBySide
from analysis.numbers.geomeans import geomean
from analysis.numbers.memory import HELD, PEAK_NO_GRAPH
from analysis.right.safety import asked_questions
from analysis.right.truth import Truth, where
from benchmarks.autograd.record.findings import SILENT
from benchmarks.autograd.record.safety import WRONG
from benchmarks.record.interval import VERDICTS

#: The phases whose geomean a row has.
PHASES_SHOWN = ("inference", "step")


@dataclass(frozen=True, eq=False)
class PlaceNumbers:
    """The numbers of one place. Speedups are felt ones on a GPU."""

    placed: PlacedSection
    cases: int  #: of ops, that represent their op: the basis of the geomeans and verdicts
    speedups: dict[str, float | None]  #: geomean by phase of PHASES_SHOWN
    verdicts: list[tuple[str, int]]
    scenario_verdicts: list[tuple[str, int]]
    peak_ratio: float | None  #: geomean of out-of-place / in-place bytes at the peak of a call without autograd
    held_less: tuple[int, int]  #: ops whose in-place variant holds less for backward, and ops asked
    wrong: tuple[int, int] | None  #: pairs silently wrong in a situation that all places ask of, and all
    silent: tuple[int, int] | None  #: hazards that give a wrong result without an error, and all


@dataclass(frozen=True, eq=False)
class PlaceTable:
    """All rows. `common`: over the cases that all places have; else each over its own, as they share none."""

    rows: tuple[PlaceNumbers, ...]
    common: bool


def place_table(side: SideBySide, truth: Truth) -> PlaceTable:
    """The numbers of every place of `side`, in its order."""
    ops = _in_common([_keyed(each.section.felt.headline) for each in side.placed])
    felt = [each.section.felt.scenarios for each in side.placed]
    models = _in_common([_keyed(cases[cases["verdict"].notna() & cases["usual"]]) for cases in felt])
    needs = _in_common([each.section.bytes.set_index(["label", "question"]) for each in side.placed])
    questions = _asked_everywhere(side, truth)
    rows = [_numbers(*each, truth, questions) for each in zip(side.placed, ops, models, needs, strict=True)]
    return PlaceTable(tuple(rows), len({frozenset(frame.index) for frame in ops if len(frame)}) <= 1)


def _keyed(cases: pd.DataFrame) -> pd.DataFrame:
    cases = cases.assign(heap=cases["allocator"] == "fresh").sort_values("threads", ascending=False, kind="stable")
    return cases.drop_duplicates(CASE_KEY).set_index(CASE_KEY)


def _in_common(frames: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """The rows of an index that all frames with rows have; each frame as it is where they share none."""
    filled = [frame.index for frame in frames if len(frame)]
    shared = filled[0] if filled else pd.Index([])
    for index in filled[1:]:
        shared = shared.intersection(index)
    if not len(shared):
        return list(frames)
    return [frame.loc[frame.index.isin(shared)] for frame in frames]


def _numbers(
    each: PlacedSection, ops: pd.DataFrame, models: pd.DataFrame, needs: pd.DataFrame, truth: Truth, questions: set[str]
) -> PlaceNumbers:
    phases = ops.index.get_level_values("phase")
    peak, held = (needs[needs.index.get_level_values("question") == name] for name in (PEAK_NO_GRAPH, HELD))
    place = where(each.section.run.facts, each.section.device)
    hazards, safety = truth.hazards.at(place), truth.safety.at(place)
    wrong = sum(any(row.cells[q].status == WRONG for q in questions & row.cells.keys()) for row in safety)
    return PlaceNumbers(
        placed=each,
        cases=len(ops),
        speedups={phase: geomean(ops.loc[phases == phase, "speedup"]) for phase in PHASES_SHOWN},
        verdicts=_verdict_counts(ops),
        scenario_verdicts=_verdict_counts(models),
        peak_ratio=geomean(peak["outofplace"] / peak["inplace"]),
        held_less=(int((held["inplace"] < held["outofplace"]).sum()), len(held)),
        wrong=(wrong, len(safety)) if safety else None,
        silent=(sum(row.status == SILENT for row in hazards), len(hazards)) if hazards else None,
    )


def _asked_everywhere(side: SideBySide, truth: Truth) -> set[str]:
    """The questions of the safety matrix that every place with a matrix answers."""
    places = {where(each.section.run.facts, each.section.device) for each in side.placed}
    asked = [set(asked_questions(rows)) for place in places if (rows := truth.safety.at(place))]
    return set.intersection(*asked) if asked else set()


def _verdict_counts(cases: pd.DataFrame) -> list[tuple[str, int]]:
    counts = cases["verdict"].value_counts()
    return [(word, int(counts[word])) for word in VERDICTS if counts.get(word, 0)]
