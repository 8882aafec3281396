"""Time each step as given and patched: per pass, two fresh processes take turns, as the two variants of any case do.

Both processes build the steps from the same seed, so they start from the same state. A call is one execution of the
whole step. Nothing is restored between calls: the state moves on, as in the user's loop.
"""

import contextlib
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks import record
from benchmarks.advise.user.question import Question
from benchmarks.advise.user.scratch import in_scratch
from benchmarks.inputs import Subject
from benchmarks.measure.clock import Round, calls_per_round
from benchmarks.measure.rounds import Budget, Rounds, run_rounds
from benchmarks.process import Child, Hung, child_process
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS, pass_log_speedup
from benchmarks.record.interval import interval, passes_needed, verdict
from benchmarks.running import lock

_ROOT = str(Path(__file__).resolve().parents[3])
_MAIN = "from benchmarks.advise.trials.timed_process import main; main(sys.argv[1:])"
_PROGRAM = f"import sys; sys.path[0:1] = [{_ROOT!r}]; {_MAIN}"
#: The fewest passes that give an interval; no more, because each starts two processes.
PASSES = passes_needed(record.THRESHOLDS["confidence"])
#: Seconds for the rounds of one step in one pass, at least: the first look at their spread needs 8 blocks of 4 rounds.
LEAST_S = 0.3
PRECISION = 0.005
#: The share of the time limit by which it may be exceeded before passes are left out: without all there is no interval.
OVERRUN = 0.5


class NotTimed(RuntimeError):
    """The steps could not be timed; the message is one line."""


@dataclass
class StepTimes:
    """The times of all steps."""

    passes: list[list[Rounds]] = field(default_factory=list)  #: per pass, the rounds of each step
    threads: int = 1  #: the threads that torch uses within an op

    def of_step(self, number: int) -> dict[str, Any]:
        """Return the median seconds of both variants, the speedup, the bounds of its interval, and the verdict.

        The bounds and the verdict are None if there are too few passes. `number`: of the step, from 0.
        """
        rounds = [each[number].times_s for each in self.passes]
        logs = [pass_log_speedup(each[OUTOFPLACE], each[INPLACE]) for each in rounds]
        known = [each for each in logs if each is not None]
        bounds = interval(known, record.THRESHOLDS["confidence"]) if len(known) == len(logs) else None
        low, high = map(math.exp, bounds) if bounds is not None else (None, None)
        limits = record.THRESHOLDS["difference"], record.THRESHOLDS["equivalence"]
        return {
            **{f"{variant}_s": statistics.median(t for each in rounds for t in each[variant]) for variant in VARIANTS},
            "speedup": math.exp(statistics.median(known)) if known else None,
            "low": low,
            "high": high,
            "verdict": verdict(low, high, *limits) if low is not None and high is not None else None,
            "passes": len(self.passes),
        }


class _TurnClock:
    """A clock whose calls run in another process. That process measures them, so requests cost no measured time."""

    empty_call_s, round_s, most_calls, unheld = 0.0, 0.02, 64, None

    def prepare(self, subjects: Mapping[str, Subject], phase: str) -> int:
        return calls_per_round(self, subjects, phase, self.most_calls)

    def round(self, subject: Subject, phase: str, calls: int) -> Round:
        return Round(subject.call(calls))


def time_steps(question: Question, limit_s: float, say: Callable[[str], None]) -> StepTimes:
    """Time all steps in PASSES passes and return their times; in fewer passes if `limit_s` seconds are far too few.

    `question.patched` names the patched texts. `say` is called with a line per pass. NotTimed if a process fails, or if
    another run measures on this machine.
    """
    times, began = StepTimes(), time.monotonic()
    try:
        with lock.hold([question.device], "advise"):
            for number in range(PASSES):
                started = time.monotonic()
                left = limit_s - (started - began)
                if number and left < -OVERRUN * limit_s:
                    break
                say(f"timing both variants: pass {number + 1} of {PASSES}")
                times.passes.append(_pass(question, number, left / (PASSES - number), times))
    except lock.Busy as error:
        raise NotTimed(str(error)) from error
    return times


def _pass(question: Question, number: int, share_s: float, times: StepTimes) -> list[Rounds]:
    began = time.monotonic()
    asked = {OUTOFPLACE: replace(question, patched=()), INPLACE: question}
    with contextlib.ExitStack() as stack:
        children = {variant: stack.enter_context(_start_process(asked[variant])) for variant in VARIANTS}
        for child in children.values():
            times.threads = _await_answer(child, "ready", question.limit_s)["threads"]
        left = share_s - (time.monotonic() - began)
        budget = Budget(max(LEAST_S, left / len(question.names)), PRECISION)
        return [_rounds(children, step, number, budget, question.limit_s) for step in range(len(question.names))]


@contextlib.contextmanager
def _start_process(question: Question) -> Iterator[Child]:
    with in_scratch(question) as (asked, _):
        words = [sys.executable, "-c", _PROGRAM, json.dumps(asked.json)]
        with child_process(words, {**os.environ, "PYTHONHASHSEED": "0"}, subprocess.PIPE) as child:
            yield child


def _rounds(children: Mapping[str, Child], step: int, number: int, budget: Budget, limit_s: float) -> Rounds:
    def subject(child: Child) -> Subject:
        return Subject(lambda: None, lambda calls: _request_calls(child, step, calls, limit_s), None)

    subjects = {variant: subject(child) for variant, child in children.items()}
    return run_rounds(subjects, "step", _TurnClock(), budget, random.Random(f"step {step} of pass {number}"))


def _request_calls(child: Child, step: int, calls: int, limit_s: float) -> float:
    assert child.process.stdin is not None  # it was started with a pipe
    with contextlib.suppress(BrokenPipeError):  # it has ended: its last event says why
        child.process.stdin.write(f"{json.dumps([step, calls])}\n".encode())
        child.process.stdin.flush()
    return _await_answer(child, "timed", limit_s * calls)["seconds"]


def _await_answer(child: Child, event: str, limit_s: float) -> dict[str, Any]:
    try:
        found = child.event(limit_s)
        if found is None:
            raise NotTimed(child.cause(child.status(limit_s), child.printed()))
    except Hung as error:
        raise NotTimed(str(error)) from error
    if found["event"] != event:
        raise NotTimed(str(found.get("why", found)))
    return found


def times_json(times: StepTimes, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return per step the result of `of_step`, and its rounds: per pass, the seconds per call of each variant's rounds.

    `names`: of the steps, in their order.
    """
    return [
        {
            "step": name,
            **times.of_step(number),
            "threads": times.threads,
            "rounds": [
                {
                    **{variant: list(each[number].times_s[variant]) for variant in VARIANTS},
                    "calls_per_round": each[number].calls_per_round,
                    "rounds_s": each[number].rounds_s,
                }
                for each in times.passes
            ],
        }
        for number, name in enumerate(names)
    ]
