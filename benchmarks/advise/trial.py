"""The steps executed from the state as it is now, with some switches: what is seen afterwards, and the bytes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from benchmarks.advise.forked import in_fork
from benchmarks.advise.living_code import exchange_code
from benchmarks.advise.observe import Observed, observe
from benchmarks.advise.question import Bytes
from benchmarks.advise.rewrite import Edit, Source
from benchmarks.advise.step_bytes import StepBytes
from benchmarks.advise.user_code import Step, plain_roots, seed


class Switch(Protocol):
    """A change of the user's code that can be tried."""

    @property
    def edits(self) -> Sequence[tuple[str, Edit]]:
        """Of each file that it changes, how; none where it cannot be written as a patch."""
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

    def __init__(self, steps: Sequence[Step], repeats: int, limit_s: float, device: str) -> None:
        self._steps, self._repeats, self._limit_s, self._device = steps, repeats, limit_s, device
        self.runs = 0  #: executions of each step

    def run(self, switches: Iterable[Switch] = ()) -> TrialResult:
        """TrialFailed where a step raises, crashes or hangs."""
        chosen = list(switches)

        def call() -> TrialResult:
            exchange_code(changed_texts(chosen, living_only=True))
            for switch in chosen:
                switch.apply()
            return execute(self._steps, self._repeats, self._device)

        self.runs += self._repeats
        return in_fork(call, self._limit_s)

    def watch(self, call: Callable[[Callable[[], list[Any]]], Any]) -> Any:
        """What `call` returns in a fork, given what executes all steps."""
        self.runs += self._repeats
        return in_fork(lambda: call(lambda: _executed(self._steps, self._repeats, None)), self._limit_s)


def execute(steps: Sequence[Step], repeats: int, device: str) -> TrialResult:
    """All steps, each some times in a row, here and now."""
    counter = StepBytes(device)
    with counter.counting():
        returned = _executed(steps, repeats, counter)
    return TrialResult(observe(returned, plain_roots(steps)), counter.counted)


def _executed(steps: Sequence[Step], repeats: int, counter: StepBytes | None) -> list[Any]:
    returned = []
    seed()
    for step in steps:
        for number in range(repeats):
            last = counter is not None and number == repeats - 1
            returned.append(counter.last(step) if last and counter is not None else step())
    return returned


def changed_texts(switches: Sequence[Switch], living_only: bool = False) -> dict[str, str]:
    """Of each file that switches change, its new text. `living_only`: without what code that has run already made."""
    edits: dict[str, list[Edit]] = defaultdict(list)
    for switch in switches:
        if not (living_only and getattr(switch, "by_state", False)):
            for file, edit in switch.edits:
                edits[file].append(edit)
    return {file: Source.read(file).edited(changes) for file, changes in edits.items()}
