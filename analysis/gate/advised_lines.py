"""Which lines of the user's code made the peak of an advised step grow or shrink: a note on the change of its bytes."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from analysis.gate.change import BETTER, WORSE, Change, JudgedCase
from analysis.run.advised_steps import DO, PeakPart, StepPeak, StoredAdvice, stored_advice
from analysis.run.load import StoredRun
from analysis.units import bytes_text, number_text
from benchmarks.record import INPLACE, OUTOFPLACE

#: The most lines that a note names, and the characters of each that it quotes.
_MOST, _QUOTED = 2, 60
_PEAKS = {f"{OUTOFPLACE}_peak_bytes": "given_peak", f"{INPLACE}_peak_bytes": "patched_peak"}


def noter(base: StoredRun, head: StoredRun) -> Callable[[JudgedCase], JudgedCase]:
    """Adds to a case the lines that changed its peak; changes nothing where a run is none of the advisor."""
    before, after = stored_advice(base.facts), stored_advice(head.facts)

    def noted(judged: JudgedCase) -> JudgedCase:
        if before is None or after is None:
            return judged
        changes = tuple(_noted(change, judged.case.pair, before, after) for change in judged.changes)
        return replace(judged, changes=changes)

    return noted


def _noted(change: Change, name: str, before: StoredAdvice, after: StoredAdvice) -> Change:
    if change.quantity not in _PEAKS or change.state not in (WORSE, BETTER):
        return change
    peaks = [_peak(advice, name, _PEAKS[change.quantity]) for advice in (before, after)]
    if peaks[0] is None or peaks[1] is None:
        return change
    lines = list(_lines(peaks[0], peaks[1], change.state == WORSE))
    switches = _switches(before, after) if change.state == WORSE else []
    return replace(change, note="; ".join(filter(None, (change.note, *lines, *switches))))


def _peak(advice: StoredAdvice, name: str, which: str) -> StepPeak | None:
    """A step's peak in a variant; without a patch, both variants are the step as given."""
    step = advice.by_name.get(name)
    if step is None:
        return None
    return getattr(step, which) or step.given_peak


def _lines(before: StepPeak, after: StepPeak, grew: bool) -> Iterator[str]:
    """'train.py:15 `g = g * u`: mul makes 4 MiB more (temporaries)', the largest first."""
    sign = 1 if grew else -1
    was, now = before.sums(_by_op), after.sums(_by_op)
    changes = {key: sign * (now.get(key, 0) - was.get(key, 0)) for key in {**now, **was}}
    found = sorted((key for key in changes if changes[key] > 0), key=lambda key: -changes[key])
    more, less = (after, before) if grew else (before, after)
    for key in found[:_MOST]:
        place = _place_of(key, more, less)
        quoted = f" `{place.line_text[:_QUOTED]}`" if place.line_text else ""
        where = f"{place.file_and_line}{quoted}: " if place.file_and_line else ""
        amount = f"{bytes_text(changes[key])} {'more' if grew else 'less'}"
        yield f"{where}{place.op or 'what was not recorded'} makes {amount} ({place.category})"
    if len(found) > _MOST:
        rest = sum(changes[key] for key in found[_MOST:])
        yield f"and {number_text(len(found) - _MOST, 'more place')} with {bytes_text(rest)}"


def _by_op(each: PeakPart) -> tuple[str | None, str]:
    """What is matched between both runs: a line's number moves with the lines above it, and its text may change."""
    return each.file, each.op


def _place_of(key: tuple[str | None, str], more: StepPeak, less: StepPeak) -> PeakPart:
    """The line of an op where the larger peak has most that the smaller one has not."""
    known = less.sums(lambda each: (_by_op(each), each.line_text))

    def excess(part: PeakPart) -> int:
        return sums[part.line_text] - known.get((key, part.line_text), 0)

    parts = [each for each in more.parts if _by_op(each) == key]
    sums: dict[str, int] = {}
    for each in parts:
        sums[each.line_text] = sums.get(each.line_text, 0) + each.sum_bytes
    return max(parts, key=lambda each: (excess(each), each.sum_bytes))


def _switches(before: StoredAdvice, after: StoredAdvice) -> Iterator[str]:
    """What the advisor would switch in HEAD and not in BASE: a lost in-place write is found again."""
    known = {(each.file, each.expression) for each in before.with_verdict(DO)}
    for each in after.with_verdict(DO):
        if (each.file, each.expression) not in known:
            yield f"the advisor would write {each.replacement} at {each.place}"
