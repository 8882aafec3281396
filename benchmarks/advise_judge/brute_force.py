"""The truth on a program: every switch written into its source and run, on the inputs it came with and on others.

No tracing, no rules and no code of the advisor: what a switch does is seen in the bits of all that the steps leave.
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

#: Steps that a program runs in one go, and the seeds that others than the first are looked for among.
STEPS, SEEDS, OTHERS = 3, range(1, 25), 3

SAFE, CHANGED, RAISES = "safe", "changed", "raises"

_FILE = "<generated program>"
_NAME = "generated_program"
Path = tuple[int, ...]  #: line numbers, in the order in which they ran


class Unusable(Exception):
    """A program that cannot serve: the message says why."""


@dataclass(frozen=True)
class BruteOutcome:
    """What became of a program with some switches."""

    kind: str  #: SAFE, CHANGED or RAISES
    what: str = ""  #: the first value that differs, or the error
    seed: int = 0  #: of the inputs on which it shows


class BruteTruth:
    """All answers on one program, each found once."""

    def __init__(self, program: GeneratedProgram) -> None:
        """Run the program as generated. Unusable where it raises, is not finite or not repeatable, or where no other
        inputs take the branches that its own take.
        """
        self.program = program
        self._outcomes: dict[tuple, BruteOutcome] = {}
        self._peaks: dict[tuple, tuple[int, ...] | None] = {}
        self.expected = _expected(program.text({}))
        self._unseen = " ".join(_unseen_lines(program))

    def outcome(self, switches: Switches) -> BruteOutcome:
        """Whether the program with these switches does the same, on all inputs."""
        key = tuple(sorted(switches.items()))
        if key not in self._outcomes:
            self._outcomes[key] = outcome_of(self.program.text(switches), self.expected)
        return self._outcomes[key]

    def peaks(self, switches: Switches) -> tuple[int, ...] | None:
        """Highest live bytes per step with these switches; None where a step raises."""
        key = tuple(sorted(switches.items()))
        if key not in self._peaks:
            self._peaks[key] = text_peaks(self.program.text(switches))
        return self._peaks[key]

    def saved(self, switches: Switches) -> int | None:
        """How many bytes lower the last step's peak is with these switches; None where a step raises.

        The last step finds what the first ones made: gradients, and the optimizer's state.
        """
        before, after = self.peaks({}), self.peaks(switches)
        return None if before is None or after is None else before[-1] - after[-1]

    def best_set(self) -> dict[int, int]:
        """Switches that together are safe, each plainly so, and save most of what was found.

        One after the other, those first that save most alone, where nothing is lost by it; then those are dropped that
        save nothing. Some save only together, so what saves nothing is taken at first.
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
        """Whether a switch is safe, whatever the operand's values are, and the advisor's rules do not exclude it.

        They do: arguments, operands that a line which did not run may use, calls that would run in another order, and
        gradients in other digits.
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
    """Whether a source leaves, for each seed and after each step, the bits expected."""
    for seed, per_step in expected.items():
        steps = run_steps(text, seed)
        for bits in per_step:
            try:
                found = next(steps)
            except Exception as error:  # of any kind: the text is one that nobody wrote
                return BruteOutcome(RAISES, typed_line(error)[:200], seed)
            if found != bits:
                return BruteOutcome(CHANGED, _first_difference(bits, found), seed)
    return BruteOutcome(SAFE)


def text_peaks(text: str) -> tuple[int, ...] | None:
    """Highest live bytes per step of a source, on the first inputs; None where a step raises."""
    try:
        with _silent():
            return peaks_of(lambda: loaded(text)["make"](0), STEPS)
    except StepRaised:
        return None


def loaded(text: str) -> dict[str, Any]:
    """The globals of a source that was run."""
    namespace: dict[str, Any] = {"__name__": _NAME, **NAMES}
    exec(_compiled(text), namespace)
    return namespace


@functools.lru_cache(maxsize=4)
def _compiled(text: str) -> CodeType:
    return compile(text, _FILE, "exec")


def run_steps(text: str, seed: int, steps: int = STEPS) -> Iterator[Bits]:
    """What can be reached after each step."""
    namespace = loaded(text)
    with _silent():
        step = namespace["make"](seed)
        for _ in range(steps):
            yield bits_of(step, namespace, step())


def _first_difference(expected: Bits, found: Bits) -> str:
    return next((p for p in expected if found.get(p) != expected[p]), "more values") if expected != found else ""


def _expected(text: str) -> dict[int, list[Bits]]:
    """By seed what each step leaves: of the first inputs, and of others that take no branch that those do not take."""
    try:
        expected = {0: list(run_steps(text, 0))}
        again = list(run_steps(text, 0))
        seen = set(paths_of(text, 0))
    except Exception as error:  # a program is drawn blindly
        raise Unusable(f"{type(error).__name__}: {error}") from error
    if again != expected[0]:
        raise Unusable("is not repeatable")
    if not _is_finite(text):
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
    """The lines of the body that the first inputs do not reach."""
    text = program.text({})
    seen = {line for path in paths_of(text, 0) for line in path}
    for number, (line, written) in enumerate(zip(program.lines, text.splitlines(), strict=True), 1):
        if line.indent > 2 and number not in seen:  # all that may be left out is indented further
            yield written


def _is_finite(text: str) -> bool:
    step = loaded(text)["make"](1)  # the seed of large inputs
    with _silent():
        results = [step() for _ in range(STEPS)]
    tensors = itertools.chain.from_iterable(r if isinstance(r, tuple) else (r,) for r in results)
    return all(bool(torch.isfinite(tensor).all()) for tensor in tensors)


def paths_of(text: str, seed: int, steps: int = STEPS) -> list[Path]:
    """Of each step the lines of the source that ran."""
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
