"""Judges expectations of scenarios by the measurement: confirmed, contradicted, or open."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.numbers.case_row import CaseRow
from analysis.units import arrow_text, bytes_text, interval_text, known, ratio_text
from benchmarks.record import INPLACE, LESS, MORE, OK, OUTOFPLACE, SAME, THRESHOLDS, Expectation

OUTCOMES = CONFIRMED, CONTRADICTED, OPEN = ("confirmed", "contradicted", "open")
#: Bytes within this share of each other count as the same; factors of bytes have this tolerance: allocators round up.
SAME_BYTES = 0.02

#: As for verdicts of ops: times differ where the whole interval lies beyond the first share. A difference below the
#: second is too small to choose a variant by.
SURE_TIME, RELEVANT_TIME = THRESHOLDS["difference"], THRESHOLDS["equivalence"]
#: Times are the same where the interval shows no relevant difference and reaches no further than this share: models on
#: a shared machine are noisier than ops.
SAME_TIME = 0.1

WORDS = {"time": "time", "peak": "peak memory", "held": "held memory"}


@dataclass(frozen=True)
class ExpectationResult:
    """An expectation, what was measured, and the outcome."""

    scenario: str
    kind: str
    phase: str
    quantity: str
    expected: str  #: in words
    measured: str  #: the number in words, or why there is none
    outcome: str
    source: str
    about: str
    numbers: dict = field(default_factory=dict)  #: numbers for scripts, in seconds and bytes


def judge_expectation(scenario: str, expected: Expectation, case: CaseRow | None) -> ExpectationResult:
    """Judges `expected` by `case`, the row of its phase at the usual scale, or None if there is no such row."""
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
    """Judges by the interval of the speedup, even of a bistable case: there it spans both states."""
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
    """The outcome by an interval. A gain is confirmed where the whole interval shows it, and contradicted where the
    interval holds no relevant gain. A factor is confirmed by the interval's near end, contradicted by its far end."""
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
    """Judges by bytes, which are exact: within SAME_BYTES they are the same, neither less nor more."""
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
    """'512 → 256 KiB', '4 MiB in both'; in whole bytes where different values would read the same."""
    if outofplace == inplace:
        return f"{bytes_text(outofplace)} in both"
    first, second = bytes_text(outofplace), bytes_text(inplace)
    if first == second:
        first, second = f"{outofplace:,}", f"{inplace:,}\u00a0B"
    return arrow_text(first, second)


def why_no_number(case: CaseRow) -> str:
    """Why a case has no verdict: its state and reason."""
    state = case.state.replace("_", " ") if case.state != OK else ""
    reason = case.reason if isinstance(case.reason, str) else ""
    return ": ".join(filter(None, (state, reason))) or "no number"


def counts_text(judged: Iterable[ExpectationResult]) -> str:
    """'3 confirmed, 1 contradicted'; empty where nothing was expected."""
    outcomes = [each.outcome for each in judged]
    return ", ".join(f"{outcomes.count(outcome):,} {outcome}" for outcome in OUTCOMES if outcome in outcomes)
