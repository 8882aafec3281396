"""Advice on a pair's in-place variant (use it, do not bother, never ...), by a rule over its measurements.

The rule is applied twice: without autograd (phase `inference`) and in training (`step`, else `forward` and `backward`).
It reads the pair's plain cases on a retained heap, and the bytes at its largest size:

1. `never` where the in-place variant is not right: a case disagreed; its process ended, hung or ran out of memory while
   it ran; or each of its calls leaves more bytes behind than out-of-place. In training also where the safety matrix
   shows that torch refuses it in the middle of a graph, or that its value or a first or second derivative is wrong or
   ends the process.
2. Else `undecided` where the variants were not compared (`verify=False`): numbers of a variant that may be wrong
   recommend nothing.
3. Else `do not bother` where both variants of a scenario make the same calls of torch.
4. Else effects are counted. A *gain* is a case whose verdict is `faster` (its whole interval lies beyond 1 %) by at
   least WORTH in the median, or bytes that are smaller by at least WORTH; a *loss* is the reverse.
   Gains and no losses: `use it`. Losses and no gains: `never`. Both: `it depends`.
5. Else `do not bother` where some case has a verdict other than `inconclusive`: any effect is small.
6. Else `undecided`: the intervals are too wide, or nothing was timed.

Where float32 gradients differ from out-of-place only at some inputs up to 100 (`elu_` below -8, where they are nearly
zero), the advice stays and says so.

On a GPU, verdict and speedup are the felt ones (`numbers.felt`).

A situation gets no advice where nothing was measured and nothing is known to be wrong.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from analysis.cards.card import Advice, CardCase, Need
from analysis.numbers.agreement import SAME_CALLS
from analysis.numbers.memory import HELD, PEAK_NO_GRAPH, PEAK_STEP
from analysis.numbers.quantities import LEAKED_BYTES
from analysis.numbers.verified import not_compared
from analysis.run.load import printable
from analysis.units import arrow_text, bytes_text, multiple_text, number_text, percent_text, ratio_text
from benchmarks.autograd.record.questions import SHORT_QUESTIONS
from benchmarks.autograd.record.safety import CRASHED, HUNG, RAISES, WRONG, SafetyRow
from benchmarks.record import INPLACE
from benchmarks.record.interval import FASTER, INCONCLUSIVE, SLOWER

USE, DO_NOT_BOTHER, NEVER, DEPENDS, UNDECIDED = WORDS = (
    "use it",
    "do not bother",
    "never",
    "it depends",
    "undecided",
)
#: The smallest difference, as a share, that is worth a change of code.
WORTH = 0.05

#: What the words mean that a report lists ops by.
RULES = {
    USE: f"at least {percent_text(WORTH)} faster or at least {percent_text(WORTH)} fewer bytes, and nothing against it",
    NEVER: "wrong, or slower or larger by as much and nothing in its favour",
    DO_NOT_BOTHER: "all differences are smaller",
}

WITHOUT_AUTOGRAD, TRAINING = SITUATIONS = ("without autograd", "in training")
#: By situation: groups of phases; the first group that has cases gives its times.
_PHASES = {WITHOUT_AUTOGRAD: (("inference",),), TRAINING: (("step",), ("forward", "backward"))}
#: By situation: which of `memory.QUESTIONS` give its bytes.
_QUESTIONS = {WITHOUT_AUTOGRAD: (PEAK_NO_GRAPH,), TRAINING: (PEAK_STEP, HELD)}
#: Training uses in-place ops in the middle of a graph: one that is not right there is not right at all.
_MUST_BE_RIGHT = ("nonleaf", "view", "first", "second")
_FATAL = {"crashed": "ends its process", "hung": "does not end", "out_of_memory": "runs out of memory"}
_NOT_RIGHT = {CRASHED: "ends its process:", HUNG: "does not end:", WRONG: "silently wrong:"}


def advise(cases: Sequence[CardCase], needs: Sequence[Need], safety: SafetyRow | None) -> tuple[Advice, ...]:
    """The advice on one pair, from its cases, needs and row of the safety matrix: at most one per situation."""
    plain = [case for case in cases if case.plain]
    found = []
    for situation in SITUATIONS:
        choices = ([case for case in plain if case.case.phase in phases] for phases in _PHASES[situation])
        mine = next(filter(None, choices), [])
        asked = [need for need in needs if need.question in _QUESTIONS[situation]]
        wrong = _not_right(mine, safety if situation == TRAINING else None)
        if wrong:
            found.append(Advice(situation, NEVER, wrong, wrong=True))
        elif any(case.same_calls for case in mine):
            found.append(Advice(situation, DO_NOT_BOTHER, SAME_CALLS))
        elif any(not_compared(case) for case in mine):
            found.append(Advice(situation, UNDECIDED, "nobody compared what the two variants do (verify=False)"))
        elif mine or asked:
            advice = _weigh(situation, judged_cases(mine), asked)
            found.append(_with_caveat(advice, safety) if situation == TRAINING else advice)
    return tuple(found)


def _with_caveat(advice: Advice, safety: SafetyRow | None) -> Advice:
    found = safety.cells.get("agreement") if safety else None
    if found is None or found.status != WRONG:
        return advice
    where = f", {printable(found.text)}" if found.text else ""
    return replace(advice, why=f"{advice.why}; but gradients in float32 differ{where}")


def _not_right(cases: Sequence[CardCase], safety: SafetyRow | None) -> str:
    """Why a pair's in-place variant is not right; empty where nothing is known against it."""
    disagreed = sum(case.state == "disagreed" for case in cases)
    if disagreed:
        return f"the two variants disagree in {number_text(disagreed, 'case')}"
    fatal = [case.state for case in cases if case.failed_variant == INPLACE]
    if fatal:
        return f"the in-place variant {_FATAL[fatal[0]]} in {number_text(len(fatal), 'case')}"
    if leaked := max((_leaked_more(case) for case in cases), default=0):
        return f"each call of the in-place variant leaves {bytes_text(leaked)} behind"
    statuses = {name: cell.status for name, cell in safety.cells.items()} if safety else {}
    if statuses.get("nonleaf") == RAISES:
        return "torch refuses it in the middle of a graph"
    for status, done in _NOT_RIGHT.items():
        asked = [SHORT_QUESTIONS[name] for name in _MUST_BE_RIGHT if statuses.get(name) == status]
        if asked:
            return f"{done} {'; '.join(asked)}"
    return ""


def _leaked_more(case: CardCase) -> float:
    """Bytes that a call of the in-place variant leaves behind; 0 unless it leaves more than the out-of-place one."""
    outofplace, inplace = (each or 0 for each in case.quantities[LEAKED_BYTES.name])
    return inplace if inplace > outofplace else 0


def judged_cases(cases: Sequence[CardCase]) -> list[CardCase]:
    """The cases with a verdict, on a retained heap if there are any (as in `geomeans.headline`)."""
    judged = [case for case in cases if case.answer_verdict]
    return [case for case in judged if case.case.allocator != "fresh"] or judged


def _weigh(situation: str, judged: Sequence[CardCase], needs: Sequence[Need]) -> Advice:
    timed = [list(_faster_or_slower(judged, verdict)) for verdict in (FASTER, SLOWER)]
    gains, losses = ([*of, *_other_bytes(needs, less)] for of, less in zip(timed, (True, False), strict=True))
    said = "; ".join([*gains, *losses])
    if gains and losses:
        return Advice(situation, DEPENDS, said)
    if gains or losses:
        return Advice(situation, USE if gains else NEVER, said, by_bytes_alone=not any(timed))
    known = [case for case in judged if case.answer_verdict != INCONCLUSIVE]
    if known:
        memory = "as much memory" if needs else "memory not measured"
        return Advice(situation, DO_NOT_BOTHER, f"speedup {_range(_speedups(known))}, {memory}")
    why = "the intervals are too wide" if judged else "no times that can be compared"
    return Advice(situation, UNDECIDED, why)


def _faster_or_slower(judged: Sequence[CardCase], verdict: str) -> Iterator[str]:
    """'faster in 3 of 4 cases (1.20x to 2.10x)': counts cases of the verdict that differ by WORTH or more."""
    speedups = _speedups(case for case in judged if case.answer_verdict == verdict)
    worthwhile = [speedup for speedup in speedups if max(speedup, 1 / speedup) >= 1 + WORTH]
    if worthwhile:
        yield f"{verdict} in {len(worthwhile):,} of {number_text(len(judged), 'case')} ({_range(worthwhile)})"


def _speedups(judged: Iterable[CardCase]) -> list[float]:
    return [case.answer_speedup for case in judged if case.answer_speedup is not None]


def _range(speedups: Sequence[float]) -> str:
    low, high = ratio_text(min(speedups)), ratio_text(max(speedups))
    return low if low == high else f"{low} to {high}"


def _other_bytes(needs: Sequence[Need], less: bool) -> Iterator[str]:
    """'peak without autograd 2N → 1N' for each question whose bytes are `less` (or more) in place by WORTH or more."""
    for need in needs:
        low, high = (need.inplace, need.outofplace) if less else (need.outofplace, need.inplace)
        if high > low and high >= (1 + WORTH) * low:
            yield f"{need.question} {arrow_text(multiple_text(need.outofplace), multiple_text(need.inplace))}"
