"""The page of the user's own code: per step the answer, its times, and where the bytes are, as given and as patched."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from analysis.report.advised_sentences import advised_sentence, timed_case
from analysis.run.advised_steps import (
    DO,
    LEAVE,
    MAY,
    NEVER,
    AdvisedStep,
    PeakPart,
    StepPeak,
    StoredAdvice,
    StoredSilentWrite,
)
from analysis.section import Section
from analysis.units import MISSING, bytes_text, interval_text, known, number_text, ratio_text, time_text
from benchmarks.record.plain_text import first_names

#: Width of the largest bar.
BAR_WIDTH = 136
#: Modules and ops that a table names, and the most paths of modules that a decision names.
_MOST, _MOST_PATHS = 6, 3
_TITLES = {DO: "do", MAY: "may, at your own risk", LEAVE: "leave it as it is", NEVER: "never"}


@dataclass(frozen=True)
class ByteBar:
    """What one row of a table comes to, as given and as patched; bars of all tables of a step have one axis."""

    name: str
    given: str
    patched: str  #: "" where nothing is to be switched
    change: str
    word: str  #: "less", "more", "same"
    outofplace: float  #: length of the bar as given
    inplace: float  #: and as patched
    total: bool = False


@dataclass(frozen=True)
class StepPage:
    """One step."""

    name: str
    sentence: str
    facts: list[tuple[str, str]]  #: what was measured, in rows
    where: str  #: where the peak lies
    tables: list[tuple[str, list[ByteBar]]]  #: by purpose, by module, by op
    is_patched: bool


@dataclass(frozen=True)
class DecisionRow:
    """One place, and what to do about it."""

    place: str
    expression: str
    replacement: str
    modules: str
    saved: str
    reason: str


def your_code(section: Section) -> dict[str, Any] | None:
    """The templates' values for the answer on the user's code; None for any other run."""
    advice = section.advice
    if advice is None:
        return None
    chosen = {verdict: [_decision(each) for each in advice.with_verdict(verdict)] for verdict in _TITLES}
    return {
        "steps": [_step(section, advice, step) for step in advice.steps],
        "decisions": [(verdict, _TITLES[verdict], rows) for verdict, rows in chosen.items() if rows],
        "wrong": list(map(_wrong_sentence, advice.overwritten)),
        "patch": [(_kind(line), line) for line in advice.patch],
        "proof": _proof(advice),
        "command": advice.command,
        "width": BAR_WIDTH,
    }


def _wrong_sentence(write: StoredSilentWrite) -> str:
    by = " at ".join(filter(None, (write.op or "a write past torch", write.place)))
    if write.op and not write.saved:
        return f"Wrong as it is: {by}: {write.why}"
    saved = f"what {write.saved} saved for backward" if write.saved else "what was saved for backward"
    return f"Wrong as it is: {by} overwrites {saved}, and torch does not say so. {write.why}"


def _proof(advice: StoredAdvice) -> str:
    counts = f"{number_text(advice.executions, 'execution')} of each step"
    if not advice.with_verdict(DO):
        return f"Nothing is to be switched, so nothing had to be proved ({counts})."
    if not advice.proved:
        return f"The patch is not proved: in a fresh process, {advice.unproved or 'it could not be asked'} ({counts})."
    return (
        "Proved: patched, in a fresh process, outputs, gradients, parameters, buffers, optimizer state, random states "
        "and all tensors that live on are the same to the bit, and the bytes are those promised; for these inputs, "
        f"{number_text(advice.repeats, 'execution')} of each step per trial, {counts} in all."
    )


def _kind(line: str) -> str:
    """The class of a line of a diff."""
    if line.startswith(("+++", "---", "@@")):
        return "head"
    return {"+": "new", "-": "old"}.get(line[:1], "")


def _decision(each: Any) -> DecisionRow:
    saved = [bytes_text(each.saved_peak_bytes) + " at the peak"] if each.saved_peak_bytes else []
    saved += [bytes_text(each.saved_held_bytes) + " held"] if each.saved_held_bytes else []
    return DecisionRow(
        place=each.place or "a module",
        expression=each.expression,
        replacement=each.replacement if each.verdict in (DO, MAY) else "",
        modules=first_names(each.modules, _MOST_PATHS),
        saved=", ".join(saved),
        reason=each.reason,
    )


def _step(section: Section, advice: StoredAdvice, step: AdvisedStep) -> StepPage:
    peak, patched = step.given_peak, step.patched_peak if advice.proved else None
    return StepPage(
        name=step.name,
        sentence=advised_sentence(section, advice, step),
        facts=list(_facts(section, advice, step)),
        where=_where(step, peak, patched),
        tables=list(_tables(peak, patched)) if peak is not None else [],
        is_patched=patched is not None,
    )


def _facts(section: Section, advice: StoredAdvice, step: AdvisedStep) -> Iterator[tuple[str, str]]:
    case = timed_case(section, step.name)
    if case is not None:
        yield "time as given", time_text(case["outofplace_time_s"])
        yield "time patched", time_text(case["inplace_time_s"])
        low, high = case["speedup_low"], case["speedup_high"]
        passes = number_text(int(case["passes"]), "pass")
        if known(low):
            measured = f"{ratio_text(case['speedup'])} ({interval_text(low, high)} in {passes})"
            yield "speedup", f"{measured}: {case['verdict'] or 'no verdict'}"
        else:
            yield "speedup", f"{passes}: too few for an interval, so none is claimed"
    elif advice.times_note:
        yield "times", f"not measured: {advice.times_note}"
    yield "peak beyond what make() built", _both(step.given_peak_bytes, step.patched_peak_bytes)
    yield "held for backward", _both(step.given_held_bytes, step.patched_held_bytes)


def _both(given: int | None, patched: int | None) -> str:
    if patched is None or patched == given:
        return bytes_text(given)
    return f"{bytes_text(given)} as given, {bytes_text(patched)} patched"


def _where(step: AdvisedStep, peak: StepPeak | None, patched: StepPeak | None) -> str:
    if peak is None:
        return f"Where the bytes are cannot be said: {step.why_no_peak or 'it is not stored'}."
    more = f"; patched, {_place(patched)}" if patched is not None and _place(patched) != _place(peak) else ""
    return f"The peak lies {_place(peak)}{more}. What make() built is included."


def _place(peak: StepPeak) -> str:
    where = peak.place
    line = f" at {where.file_and_line}" if where.file_and_line else ""
    region = "in what make() built" if where.region == "input" else f"in {where.region}" if where.region else "outside"
    return f"{region}{f', in {where.op}' if where.op else ''}{line}"


def _tables(peak: StepPeak, patched: StepPeak | None) -> Iterator[tuple[str, list[ByteBar]]]:
    keys: tuple[tuple[str, Callable[[PeakPart], str]], ...] = (
        ("for", lambda each: each.category),
        ("made by module", lambda each: each.module_text),
        ("made by op", _op),
    )
    whole = max(peak.peak_bytes, patched.peak_bytes if patched is not None else 0) or 1
    for title, key in keys:
        before, after = peak.sums(key), patched.sums(key) if patched is not None else None
        names = sorted(
            {**before, **(after or {})}, key=lambda name: -max(before.get(name, 0), (after or {}).get(name, 0))
        )
        shown, rest = (names, []) if title == "for" or len(names) <= _MOST + 1 else (names[:_MOST], names[_MOST:])
        rows = [_bar(name, before.get(name, 0), None if after is None else after.get(name, 0), whole) for name in shown]
        if rest:
            sums = [None if of is None else sum(of.get(name, 0) for name in rest) for of in (before, after)]
            rows.append(_bar(f"{len(rest)} others", sums[0] or 0, sums[1], whole))
        if title == "for":
            rows.append(_bar("in all", peak.peak_bytes, patched and patched.peak_bytes, whole, total=True))
        yield title, rows


def _op(each: PeakPart) -> str:
    return f"{each.op or 'not recorded'} {each.file_and_line}".strip()


def _bar(name: str, given: int, patched: int | None, whole: int, total: bool = False) -> ByteBar:
    change = 0 if patched is None else patched - given
    sign = "+" if change > 0 else "\N{MINUS SIGN}"
    return ByteBar(
        name=name,
        given=bytes_text(given),
        patched="" if patched is None else bytes_text(patched),
        change=f"{sign}{bytes_text(abs(change))}" if change else "" if patched is None else MISSING,
        word="less" if change < 0 else "more" if change > 0 else "same",
        outofplace=_length(given, whole),
        inplace=_length(patched or 0, whole),
        total=total,
    )


def _length(nbytes: int, whole: int) -> float:
    """Of a bar; nothing below zero is drawn: its number says it."""
    return round(max(0, nbytes) / whole * BAR_WIDTH, 1)
