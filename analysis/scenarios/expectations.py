"""Expectations of scenarios, each beside what was measured: confirmed, contradicted, or open."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.numbers.case_row import CaseRow
from analysis.units import arrow_text, bytes_text, interval_text, known, ratio_text
from benchmarks.record import INPLACE, LESS, MORE, OK, OUTOFPLACE, SAME, THRESHOLDS, Expectation

OUTCOMES = CONFIRMED, CONTRADICTED, OPEN = ("confirmed", "contradicted", "open")
#: Bytes within this share of each other are the same, and a factor of bytes is met within it: allocators round up.
SAME_BYTES = 0.02

#: As for a verdict of ops: a difference of times is there where the whole interval lies beyond the first share, and one
#: below the second changes nobody's choice between two variants of a model.
SURE_TIME, RELEVANT_TIME = THRESHOLDS["difference"], THRESHOLDS["equivalence"]
#: A time is the same where the interval shows no difference that matters for sure, and none beyond this share at all:
#: whole models on a shared machine are noisier than ops.
SAME_TIME = 0.1

WORDS = {"time": "time", "peak": "peak memory", "held": "held memory"}


@dataclass(frozen=True)
class ExpectationResult:
    """An expectation beside its measurement."""

    scenario: str
    kind: str
    phase: str
    quantity: str
    expected: str  #: in words
    measured: str  #: the figure, or why there is none
    outcome: str
    source: str
    about: str
    numbers: dict = field(default_factory=dict)  #: the figure for scripts, in seconds and bytes


def judge_expectation(scenario: str, expected: Expectation, case: CaseRow | None) -> ExpectationResult:
    """`expected` beside `case`, the row of its phase at the usual scale; None where there is none."""
    if case is None:
        outcome, measured, numbers = OPEN, "not measured", {}
    elif expected.quantity == "time":
        outcome, measured, numbers = _time(expected, case)
    else:
        outcome, measured, numbers = _bytes(expected, case)
    return ExpectationResult(
        scenario=scenario,
        kind="expectation",
        phase=expected.phase,
        quantity=expected.quantity,
        expected=_expected_text(expected),
        measured=measured,
        outcome=outcome,
        source=expected.source,
        about=expected.about,
        numbers={"relation": expected.relation, "factor": expected.factor, **numbers},
    )


def _expected_text(expected: Expectation) -> str:
    word = WORDS[expected.quantity]
    if expected.relation == SAME:
        return f"in-place: the same {word}" + (f", within {ratio_text(expected.factor)}" if expected.factor else "")
    by = f", by {ratio_text(expected.factor)} at least" if expected.factor else ""
    return f"in-place: {expected.relation} {word}{by}"


def _time(expected: Expectation, case: CaseRow) -> tuple[str, str, dict]:
    """By the interval of the speedup, whatever else is said of the case: a bistable one's spans both its states."""
    low, high = case.speedup_low, case.speedup_high
    numbers = {
        "outofplace": case.outofplace_time_s,
        "inplace": case.inplace_time_s,
        "ratio": case.speedup,
        "ratio_low": low,
        "ratio_high": high,
    }
    if not known(case.speedup):
        return OPEN, why_no_number(case), numbers
    interval = f" ({interval_text(low, high)})" if known(low) else ""
    words = ", ".join(word for word in (case.verdict, case.reason) if isinstance(word, str))
    measured = ": ".join(filter(None, (f"speedup {ratio_text(case.speedup)}{interval}", words)))
    return _outcome_of_time(expected, low, high) if known(low) else OPEN, measured, numbers


def _outcome_of_time(expected: Expectation, low: float, high: float) -> str:
    """A gain is confirmed where all of the interval shows it, and contradicted where none that matters is left in it;
    a factor is met by the interval's near end, and missed by its far one."""
    if expected.relation == SAME:
        missed, met = (expected.factor,) * 2 if expected.factor else (1 + RELEVANT_TIME, 1 + SAME_TIME)
        if low > missed or high < 1 / missed:
            return CONTRADICTED
        return CONFIRMED if low >= 1 / met and high <= met else OPEN
    near, far = (low, high) if expected.relation == LESS else (1 / high, 1 / low)
    factor = expected.factor or 1.0
    if far < factor or far <= 1 + RELEVANT_TIME:
        return CONTRADICTED
    return CONFIRMED if near >= factor and near > 1 + SURE_TIME else OPEN


def _bytes(expected: Expectation, case: CaseRow) -> tuple[str, str, dict]:
    """Bytes are exact; what is within SAME_BYTES is the same, and neither less nor more."""
    out, into = (getattr(case, f"{variant}_{expected.quantity}_bytes") for variant in (OUTOFPLACE, INPLACE))
    if not (known(out) and known(into)):
        return OPEN, why_no_number(case) if case.state != OK else "bytes not measured", {}
    out, into = int(out), int(into)
    ratio = out / into if into else None
    same = abs(out - into) <= SAME_BYTES * max(out, into)
    holds = {LESS: into < out and not same, SAME: same, MORE: into > out and not same}[expected.relation]
    if expected.factor and expected.relation == SAME:
        holds = max(out, into) <= expected.factor * min(out, into)
    elif expected.factor:
        more, less = (out, into) if expected.relation == LESS else (into, out)
        holds = holds and more >= expected.factor * less * (1 - SAME_BYTES)
    return (
        CONFIRMED if holds else CONTRADICTED,
        f"{bytes_change(out, into)}{f', memory ratio {ratio_text(ratio)}' if ratio and out != into else ''}",
        {"outofplace": out, "inplace": into, "ratio": ratio},
    )


def bytes_change(outofplace: float, inplace: float) -> str:
    """'512 → 256 KiB', '4 MiB in both'; both in whole bytes where they only read the same."""
    if outofplace == inplace:
        return f"{bytes_text(outofplace)} in both"
    first, second = bytes_text(outofplace), bytes_text(inplace)
    if first == second:
        first, second = f"{outofplace:,}", f"{inplace:,}\u00a0B"
    return arrow_text(first, second)


def why_no_number(case: CaseRow) -> str:
    """What became of a case without a verdict: its state and reason."""
    state = case.state.replace("_", " ") if case.state != OK else ""
    reason = case.reason if isinstance(case.reason, str) else ""
    return ": ".join(filter(None, (state, reason))) or "no number"


def counts_text(judged: Iterable[ExpectationResult]) -> str:
    """'3 confirmed, 1 contradicted'; empty where nothing was expected."""
    outcomes = [each.outcome for each in judged]
    return ", ".join(f"{outcomes.count(outcome):,} {outcome}" for outcome in OUTCOMES if outcome in outcomes)
