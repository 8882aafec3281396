"""The safety matrix, hazards and claims of two places: which answers, memory classes, bytes and outcomes changed."""

import math
from collections.abc import Iterator, Mapping

from analysis.across.place_change import (
    BYTES_MOVED,
    CLAIM,
    HAZARD,
    MEMORY_CLASS,
    SAFETY_CELL,
    PlaceChange,
    bytes_texts,
)
from analysis.right.findings import WORDS
from analysis.right.truth import Truth, Where
from analysis.run.load import printable, printable_name
from analysis.units import bytes_text
from benchmarks.autograd.record.differences import changed_answers
from benchmarks.autograd.record.findings import NOT_AVAILABLE, ClaimRow, HazardRow
from benchmarks.autograd.record.known_wrong import explanation
from benchmarks.autograd.record.questions import SHORT_QUESTIONS
from benchmarks.autograd.record.safety import NUMBER, PLAIN, REQUIRES_GRAD, WORKS, WRONG, SafetyRow, Saved
from benchmarks.autograd.record.subjects import SUBJECTS
from benchmarks.record import PROSE, VARIANTS

_CONDITIONS = {PLAIN: "", REQUIRES_GRAD: ", other requires grad", NUMBER: ", other is a number"}
#: The bytes of the safety matrix.
_COUNTS = ("peak", "held", "step_peak")


def finding_changes(truth: Truth, before: Where, after: Where) -> list[PlaceChange]:
    """All changes of findings from one torch and kind of device to another; none where a side has nothing stored."""
    if before == after:
        return []
    safety = [truth.safety.by_place.get(place, {}) for place in (before, after)]
    hazards = [truth.hazards.by_place.get(place, {}) for place in (before, after)]
    claims = [truth.claims.by_place.get(place, {}) for place in (before, after)]
    return [
        *_cells(*safety),
        *(change for row, other in _both(*safety) for change in _memory(row, other)),
        *(_outcome(HAZARD, row, other, row.title) for row, other in _both(*hazards) if _moved(row, other)),
        *(_outcome(CLAIM, row, other, row.belief) for row, other in _both(*claims) if _moved(row, other)),
    ]


def _both(before: Mapping, after: Mapping) -> Iterator[tuple]:
    return ((before[name], after[name]) for name in sorted(before.keys() & after.keys()))


def _moved(before: ClaimRow | HazardRow, after: ClaimRow | HazardRow) -> bool:
    """Whether the outcome changed; one that could not be decided says nothing."""
    return before.word != after.word and NOT_AVAILABLE not in (before.word, after.word)


def _outcome(kind: str, before: ClaimRow | HazardRow, after: ClaimRow | HazardRow, title: str) -> PlaceChange:
    return PlaceChange(
        kind=kind,
        subject=after.name,
        where=printable(title),
        what=", ".join(SUBJECTS.get(after.name, ())),
        before=WORDS.get(before.word, before.word),
        after=WORDS.get(after.word, after.word),
        group=after.name,
    )


def _cells(before: Mapping[str, SafetyRow], after: Mapping[str, SafetyRow]) -> Iterator[PlaceChange]:
    for found in changed_answers(after, before):
        for name in found.names:
            status, row = (found.here, after[name]) if found.here != WORKS else (found.there, before[name])
            said = printable(row.cells[found.question].short)
            why = (explanation(name, found.question) if status == WRONG else None) or said
            yield PlaceChange(
                kind=SAFETY_CELL,
                subject=printable_name(name),
                where=SHORT_QUESTIONS[found.question],
                what="",
                before=found.there,
                after=found.here,
                change=why,
                family=printable_name(after[name].family),
                group=f"{found.there} {found.here}",
            )


def _memory(before: SafetyRow, after: SafetyRow) -> Iterator[PlaceChange]:
    """The memory class and the bytes of a pair in training, by condition of the other operand."""
    earlier = {each.condition: each for each in before.saved}
    for saved in after.saved:
        was = earlier.get(saved.condition)
        if was is None:
            continue
        if was.answer != saved.answer:
            yield PlaceChange(
                kind=MEMORY_CLASS,
                subject=printable_name(after.name),
                where=f"saves memory in training?{_CONDITIONS[saved.condition]}",
                what="",
                before=was.answer,
                after=saved.answer,
                change=printable(saved.reason),
                family=printable_name(after.family),
                group=saved.answer,
            )
        yield from _saved_bytes(after, was, saved)


def _saved_bytes(row: SafetyRow, before: Saved, after: Saved) -> Iterator[PlaceChange]:
    if before.input_bytes != after.input_bytes:
        return
    size = before.input_bytes
    where = f"safety matrix, input of {bytes_text(size)}{_CONDITIONS[after.condition]}"
    for count in _COUNTS:
        names = [f"{variant}_{count}_bytes" for variant in VARIANTS]
        pairs = [(getattr(before, name), getattr(after, name)) for name in names]
        moved = [(was, now) if None not in (was, now) and was != now else None for was, now in pairs]
        alike = moved[0] is not None and moved[0] == moved[1]
        for variant, both in zip(("both variants'",) if alike else PROSE.values(), moved, strict=False):
            if both is not None:
                what = f"{variant} {count.replace('_', ' ')}"
                was, now, by = bytes_texts(*both)
                yield PlaceChange(
                    kind=BYTES_MOVED,
                    subject=printable_name(row.name),
                    where=where,
                    what=what,
                    before=was,
                    after=now,
                    change=by,
                    size=abs(math.log(max(both[1], 1) / max(both[0], 1))),
                    family=printable_name(row.family),
                    group=f"matrix {what}",
                    before_value=both[0],
                    after_value=both[1],
                )
