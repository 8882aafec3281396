"""The truth about a program: every switch is written into its source and run, on the program's inputs and on others.

There is no tracing, no rule and no code of the advisor: the bits of all values after the steps show what a switch does.
"""

import functools
import itertools
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

import torch

from benchmarks.advise_judge.judged_bytes import StepRaised, peaks_of
from benchmarks.advise_judge.poison import NAMES
from benchmarks.advise_judge.reach import Bits, bits_of
from benchmarks.advise_judge.switchable import POISONED, GeneratedProgram, SourceSite, Switches
from benchmarks.record.reason import typed_line

#: How many steps a program runs; the seeds among which other inputs are looked for; how many other inputs are used.
STEPS, SEEDS, OTHERS = 3, range(1, 25), 3

SAFE, CHANGED, RAISES = "safe", "changed", "raises"

_FILE = "<generated program>"
_NAME = "generated_program"
Path = tuple[int, ...]  #: line numbers, in the order in which they ran


class Unusable(Exception):
    """A program that cannot be used. The message says why."""


@dataclass(frozen=True)
class BruteOutcome:
    """What a program does with some switches, compared with the program without them."""

    kind: str  #: SAFE, CHANGED or RAISES
    what: str = ""  #: the first value that differs, or the error
    seed: int = 0  #: of the inputs that show it


class BruteTruth:
    """All answers on one program, each found once."""

    def __init__(self, program: GeneratedProgram) -> None:
        """Run the program as generated. Unusable if it raises, if it is not finite or not repeatable, or if too few
        other inputs take the same branches.
        """
        self.program = program
        self._outcomes: dict[tuple, BruteOutcome] = {}
        self._peaks: dict[tuple, tuple[int, ...] | None] = {}
        self.expected = _expected(program.text({}))
        self._unseen = " ".join(_unseen_lines(program))

    def outcome(self, switches: Switches) -> BruteOutcome:
        """Return whether the program with these switches does the same on all inputs, and what differs if not."""
        key = tuple(sorted(switches.items()))
        if key not in self._outcomes:
            self._outcomes[key] = outcome_of(self.program.text(switches), self.expected)
        return self._outcomes[key]

    def peaks(self, switches: Switches) -> tuple[int, ...] | None:
        """Return the highest live bytes per step with these switches; None if a step raises."""
        key = tuple(sorted(switches.items()))
        if key not in self._peaks:
            self._peaks[key] = text_peaks(self.program.text(switches))
        return self._peaks[key]

    def saved(self, switches: Switches) -> int | None:
        """Return how many bytes lower the last step's peak is with these switches; None if a step raises.

        Gradients and the optimizer's state, which the first steps make, are there in the last step.
        """
        before, after = self.peaks({}), self.peaks(switches)
        return None if before is None or after is None else before[-1] - after[-1]

    def best_set(self) -> dict[int, int]:
        """Return switches that are safe together, each also plainly safe, and that save most among the sets tried.

        Switches are added one after the other, those first that save most alone, as long as no saving is lost. Then
        those that save nothing are dropped. They are not left out before, because some save only together.
        """
        sites = self.program.sites().values()
        safe = [(number, i) for site in sites for number, i in site.switches if self.is_plainly_safe(site, i)]
        safe.sort(key=lambda each: -(self.saved(dict([each])) or 0))
        chosen: dict[int, int] = {}
        for number, i in safe:
            more = {**chosen, number: i}
            if number not in chosen and self._loses_nothing(more, chosen) and self.outcome(more).kind == SAFE:
                chosen = more
        for number in list(chosen):
            without = {each: i for each, i in chosen.items() if each != number}
            if self._loses_nothing(without, chosen):
                chosen = without
        return chosen

    def is_plainly_safe(self, site: SourceSite, operand: int) -> bool:
        """Return whether a switch is safe, whatever the operand's values are, and the advisor's rules allow it.

        The rules forbid arguments, operands that a line may use which did not run, calls that would run in another
        order, and gradients that differ in the last digits.
        """
        name = site.name_of(operand)
        is_ruled_out = site.excluded[operand] or site.is_evaluated_late(operand) or site.choice.is_by_result
        is_ruled_out = is_ruled_out or site.is_named_within(operand)  # its name cannot be poisoned
        if is_ruled_out or (name and re.search(rf"\b{name}\b", self._unseen)):
            return False
        if self.outcome({site.number: operand}).kind != SAFE:
            return False
        if not name and not site.choice.module:
            return True
        poisoned = self.program.text({site.number: operand + POISONED})
        return outcome_of(poisoned, {0: self.expected[0]}).kind == SAFE

    def _loses_nothing(self, switches: Switches, against: Switches) -> bool:
        return (self.saved(switches) or 0) >= (self.saved(against) or 0)


def outcome_of(text: str, expected: Mapping[int, list[Bits]]) -> BruteOutcome:
    """Return whether a source gives the expected bits for each seed and after each step.

    `expected`: by seed, the bits after each step. SAFE if all agree; else the first difference or error.
    """
    for seed, per_step in expected.items():
        steps = run_steps(text, seed)
        for bits in per_step:
            try:
                found = next(steps)
            except Exception as error:  # any error: the program was not written by a person
                return BruteOutcome(RAISES, typed_line(error)[:200], seed)
            if found != bits:
                return BruteOutcome(CHANGED, _first_difference(bits, found), seed)
    return BruteOutcome(SAFE)


def text_peaks(text: str) -> tuple[int, ...] | None:
    """Return the highest live bytes per step of a source, on the first inputs; None if a step raises."""
    try:
        with _silent():
            return peaks_of(lambda: loaded(text)["make"](0), STEPS)
    except StepRaised:
        return None


def loaded(text: str) -> dict[str, Any]:
    """Run a source, and return its globals."""
    namespace: dict[str, Any] = {"__name__": _NAME, **NAMES}
    exec(_compiled(text), namespace)
    return namespace


@functools.lru_cache(maxsize=4)
def _compiled(text: str) -> CodeType:
    return compile(text, _FILE, "exec")


def run_steps(text: str, seed: int, steps: int = STEPS) -> Iterator[Bits]:
    """Run the steps of a source, and yield the bits of all values that can be reached after each."""
    namespace = loaded(text)
    with _silent():
        step = namespace["make"](seed)
        for _ in range(steps):
            yield bits_of(step, namespace, step())


def _first_difference(expected: Bits, found: Bits) -> str:
    return next((p for p in expected if found.get(p) != expected[p]), "more values") if expected != found else ""


def _expected(text: str) -> dict[int, list[Bits]]:
    """Return by seed the bits after each step, for the first inputs and others that take no new branch; or Unusable."""
    try:
        expected = {0: list(run_steps(text, 0))}
        again = list(run_steps(text, 0))
        seen = set(paths_of(text, 0))
        is_finite = _is_finite(text)
    except Exception as error:  # a program is drawn at random, so it may do anything
        raise Unusable(f"{type(error).__name__}: {error}") from error
    if again != expected[0]:
        raise Unusable("is not repeatable")
    if not is_finite:
        raise Unusable("is not finite")
    for seed in SEEDS:
        if len(expected) > OTHERS:
            break
        if set(paths_of(text, seed)) <= seen:
            expected[seed] = list(run_steps(text, seed))
    if len(expected) < 3 or not any(seed % 3 == 1 for seed in expected):  # among them larger inputs
        raise Unusable("other inputs take other branches")
    return expected


def _unseen_lines(program: GeneratedProgram) -> Iterator[str]:
    """Yield the lines of the body that do not run with the first inputs."""
    text = program.text({})
    seen = {line for path in paths_of(text, 0) for line in path}
    for number, (line, written) in enumerate(zip(program.lines, text.splitlines(), strict=True), 1):
        if line.indent > 2 and number not in seen:  # only lines with more indentation can be skipped
            yield written


def _is_finite(text: str) -> bool:
    step = loaded(text)["make"](1)  # the seed of large inputs
    with _silent():
        results = [step() for _ in range(STEPS)]
    tensors = itertools.chain.from_iterable(r if isinstance(r, tuple) else (r,) for r in results)
    return all(bool(torch.isfinite(tensor).all()) for tensor in tensors)


def paths_of(text: str, seed: int, steps: int = STEPS) -> list[Path]:
    """Return for each step the lines of the source that ran."""
    step = loaded(text)["make"](seed)
    paths = []
    for _ in range(steps):
        lines: list[int] = []
        with _silent(), _traced(lines):
            step()
        paths.append(tuple(lines))
    return paths


@contextmanager
def _traced(lines: list[int]) -> Iterator[None]:
    def trace(frame: FrameType, event: str, argument: object) -> Callable | None:
        if frame.f_code.co_filename != _FILE:
            return None
        if event == "line":
            lines.append(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


@contextmanager
def _silent() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
