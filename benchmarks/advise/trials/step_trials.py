"""Run trials: execute the steps in a fork with some switches, and return what they leave behind and their bytes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from benchmarks.advise.source.living_code import exchange_code
from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.trials.built_parts import LivingParts
from benchmarks.advise.trials.cuda_step_bytes import step_counter
from benchmarks.advise.trials.observe import Observed, note_value, observe
from benchmarks.advise.user.forked import in_fork
from benchmarks.advise.user.question import Bytes, SourcePlace
from benchmarks.advise.user.user_code import BadStep, Step, executes_nothing, plain_roots, seed
from benchmarks.source_text import TextEdit


class Switch(Protocol):
    """A change of the user's code, or of living modules and optimizers, that a trial can apply."""

    @property
    def place(self) -> SourcePlace | None:
        """The expression that it changes, or that made what it changes; None if that is not known."""
        ...

    @property
    def edits(self) -> Sequence[tuple[str, TextEdit]]:
        """Each file that it changes, with the edit; empty if it cannot be written as a patch."""
        ...

    @property
    def rounds(self) -> bool:
        """Whether results may differ in the last digits after this switch."""
        ...

    def apply(self, parts: LivingParts) -> None:
        """Change modules and optimizers that exist already; the code is changed by `edits`."""
        ...


@dataclass(frozen=True)
class TrialResult:
    """The result of one trial."""

    observed: Observed  #: what the steps left behind
    counted: dict[int, Bytes]  #: by number of the step, from 0


@dataclass(frozen=True)
class _Unbuilt:
    why: str


class Trials:
    """Executes the steps in forks of this process, and counts the executions. `steps`: gives a fork the steps."""

    def __init__(
        self,
        steps: Callable[[], Sequence[Step]],
        repeats: int,
        limit_s: float,
        device: str,
        tell: Callable[[], object] = lambda: None,
    ) -> None:
        """`repeats`: executions of each step per trial. `limit_s`: seconds per trial. `tell` is called after each."""
        self._tell = tell
        self._steps, self.repeats, self._limit_s, self.device = steps, repeats, limit_s, device
        self.runs = 0  #: executions of each step

    def run(self, switches: Iterable[Switch] = ()) -> TrialResult:
        """Run a trial with these switches and return its result.

        TrialFailed if a step raises, crashes or hangs; BadStep if it cannot be built again.
        """
        chosen = list(switches)

        def call(steps: Sequence[Step]) -> TrialResult:
            _switch(chosen)
            return execute(steps, self.repeats, self.device)

        return self._forked(call)

    def watch(self, watch: Callable[[Sequence[Step], int], Any], switches: Iterable[Switch] = ()) -> Any:
        """Call `watch(steps, repeats)` in a fork with these switches and return its result; TrialFailed as in `run`."""
        chosen = list(switches)

        def call(steps: Sequence[Step]) -> Any:
            _switch(chosen)
            return watch(steps, self.repeats)

        return self._forked(call)

    def _forked(self, call: Callable[[Sequence[Step]], Any]) -> Any:
        def call_of_steps() -> Any:
            try:
                steps = self._steps()
            except BadStep as error:
                return _Unbuilt(str(error))
            return call(steps)

        self.runs += self.repeats
        try:
            found = in_fork(call_of_steps, self._limit_s)
        finally:
            self._tell()
        if isinstance(found, _Unbuilt):  # no switch is to blame
            raise BadStep(f"built again, {found.why}")
        return found


def _switch(switches: Sequence[Switch]) -> None:
    """Apply the switches to the code, the modules and the optimizers of this process."""
    exchange_code(changed_texts(switches, living_only=True))
    parts = LivingParts()
    for switch in switches:
        switch.apply(parts)


def execute(steps: Sequence[Step], repeats: int, device: str) -> TrialResult:
    """Execute each step `repeats` times in a row in this process; return what is left behind, and the bytes."""
    counter = step_counter(device)
    with counter.counting():
        seen = execute_each(steps, repeats, lambda step, last: counter.last(step) if last else step())
    return TrialResult(observe(seen, plain_roots(steps)), counter.counted)


def execute_each(steps: Sequence[Step], repeats: int, call: Callable[[Step, bool], Any]) -> Observed:
    """Execute each step `repeats` times in a row by `call`, and return the digests of what the executions returned.

    `call(step, is_last)` executes the step once. A result is freed before the next execution, as in the user's loop.
    """
    seen = Observed()
    seed()
    number = 0
    for step in steps:
        for left in reversed(range(repeats)):
            number += 1
            returned = call(step, not left)
            if executes_nothing(returned):
                raise TypeError(f"it returned a {type(returned).__name__}: a call executes nothing of it")
            note_value(seen, f"what execution {number} returned", returned)
            del returned
    return seen


def changed_texts(switches: Sequence[Switch], living_only: bool = False) -> dict[str, str]:
    """Return by file the new text of each file that the switches change.

    `living_only`: without switches that a trial applies to living modules or optimizers, and not to the text.
    """
    edits: dict[str, list[TextEdit]] = defaultdict(list)
    for switch in switches:
        if not (living_only and getattr(switch, "by_state", False)):
            for file, edit in switch.edits:
                edits[file].append(edit)
    return {file: Source.read(file).edited(changes) for file, changes in edits.items()}
