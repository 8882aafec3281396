"""The steps executed from the state as it is now, with some switches: what is seen afterwards, and the bytes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from benchmarks.advise.forked import in_fork
from benchmarks.advise.living_code import exchange_code
from benchmarks.advise.observe import Observed, note_value, observe
from benchmarks.advise.question import Bytes
from benchmarks.advise.rewrite import RewriteEdit, Source
from benchmarks.advise.step_bytes import StepBytes
from benchmarks.advise.user_code import Step, plain_roots, seed


class Switch(Protocol):
    """A change of the user's code that can be tried."""

    @property
    def edits(self) -> Sequence[tuple[str, RewriteEdit]]:
        """Of each file that it changes, how; none where it cannot be written as a patch."""
        ...

    @property
    def rounds(self) -> bool:
        """Whether results may differ in the last digits."""
        ...

    def apply(self) -> None:
        """Change what lives already and is not code."""
        ...


@dataclass(frozen=True)
class TrialResult:
    """What is seen after a trial, and by the number of each step its bytes."""

    observed: Observed
    counted: dict[int, Bytes]


class Trials:
    """Runs the steps in forks of this process, and counts how often."""

    def __init__(
        self,
        steps: Sequence[Step],
        repeats: int,
        limit_s: float,
        device: str,
        tell: Callable[[], object] = lambda: None,
    ) -> None:
        """`tell` is called after each trial."""
        self._tell = tell
        self._steps, self.repeats, self._limit_s, self.device = steps, repeats, limit_s, device
        self.runs = 0  #: executions of each step

    def run(self, switches: Iterable[Switch] = ()) -> TrialResult:
        """TrialFailed where a step raises, crashes or hangs."""
        chosen = list(switches)

        def call() -> TrialResult:
            _switch(chosen)
            return execute(self._steps, self.repeats, self.device)

        return self._forked(call)

    def watch(self, watch: Callable[[Sequence[Step], int], Any], switches: Iterable[Switch] = ()) -> Any:
        """What `watch` returns in a fork, given the steps and how often to execute each."""
        chosen = list(switches)

        def call() -> Any:
            _switch(chosen)
            return watch(self._steps, self.repeats)

        return self._forked(call)

    def _forked(self, call: Callable[[], Any]) -> Any:
        self.runs += self.repeats
        try:
            return in_fork(call, self._limit_s)
        finally:
            self._tell()


def _switch(switches: Sequence[Switch]) -> None:
    """Apply the switches to the modules and the code of this process."""
    exchange_code(changed_texts(switches, living_only=True))
    for switch in switches:
        switch.apply()


def execute(steps: Sequence[Step], repeats: int, device: str) -> TrialResult:
    """Execute all steps in this process, each several times in a row."""
    counter = StepBytes(device)
    with counter.counting():
        seen = executed(steps, repeats, lambda step, last: counter.last(step) if last else step())
    return TrialResult(observe(seen, plain_roots(steps)), counter.counted)


def executed(steps: Sequence[Step], repeats: int, call: Callable[[Step, bool], Any]) -> Observed:
    """What all executions return. `call` executes a step, told whether it is its last time.

    What an execution returned is let go before the next one, as a loop does it.
    """
    seen = Observed()
    seed()
    number = 0
    for step in steps:
        for left in reversed(range(repeats)):
            number += 1
            note_value(seen, f"what execution {number} returned", call(step, not left))
    return seen


def changed_texts(switches: Sequence[Switch], living_only: bool = False) -> dict[str, str]:
    """Of each file that switches change, its new text. `living_only`: without what code that has run already made."""
    edits: dict[str, list[RewriteEdit]] = defaultdict(list)
    for switch in switches:
        if not (living_only and getattr(switch, "by_state", False)):
            for file, edit in switch.edits:
                edits[file].append(edit)
    return {file: Source.read(file).edited(changes) for file, changes in edits.items()}
