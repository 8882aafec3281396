"""Find the op that shows why a trial failed: the first that reads something else than before, or is missing."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.advise.trials.step_trials import Switch, Trials, changed_texts, execute_each
from benchmarks.advise.user.forked import TrialFailed
from benchmarks.advise.user.question import Reader
from benchmarks.advise.user.user_code import Step
from benchmarks.advise.watch.ledger import Ledger, arguments_of
from benchmarks.advise.watch.occurrences import Trace
from benchmarks.advise.watch.trace import Tracer
from benchmarks.tracking.contents import checksum

#: A call of an op: its name without the `_` of the in-place one, the line that called it, and its number there.
_Call = tuple[str, str, int, int]


@dataclass
class OpReads:
    """What the ops of some executions read, in the order of the ops."""

    contents: dict[_Call, tuple[int | None, ...]] = field(default_factory=dict)  #: checksums of what is only read
    readers: dict[_Call, Reader] = field(default_factory=dict)


class FirstDifference:
    """Compares executions with some switches and without, op by op."""

    def __init__(self, trials: Trials, is_site: Callable[[str], bool]) -> None:
        """`is_site`: whether a file may hold sites."""
        self._trials, self._is_site = trials, is_site
        self._known: dict[frozenset[int], OpReads | TrialFailed] = {}

    def of(self, switch: Switch, base: Sequence[Switch]) -> tuple[str, Reader] | None:
        """Return in words what a switch changes first in addition to those of `base`, and the op that shows it.

        None if no op shows it, or if the steps cannot be executed while they are watched.
        """
        before, after = self._reads(base), self._reads([*base, switch])
        if isinstance(before, TrialFailed):
            return None
        if isinstance(after, TrialFailed):
            return ("", Reader("it raised", *after.place)) if after.place is not None else None
        return first_difference(before, after)

    def _reads(self, switches: Sequence[Switch]) -> OpReads | TrialFailed:
        key = frozenset(map(id, switches))
        if key not in self._known:
            texts = changed_texts(switches, living_only=True)
            try:
                self._known[key] = self._trials.watch(lambda s, n: reads_of(s, n, self._is_site, texts), switches)
            except TrialFailed as error:
                self._known[key] = error
        return self._known[key]


def reads_of(steps: Sequence[Step], repeats: int, is_site: Callable[[str], bool], texts: Mapping[str, str]) -> OpReads:
    """Execute each step `repeats` times in this process and return what its ops read. `texts`: as for `Tracer`."""
    ledger = _ReadingLedger()
    tracer = Tracer(Trace(ledger), is_site, texts)

    def call(step: Step, last: bool) -> Any:
        with tracer.watching():
            return step()

    execute_each(steps, repeats, call)
    return ledger.reads


def first_difference(before: OpReads, after: OpReads) -> tuple[str, Reader] | None:
    """Return what differs first between two executions, in words, and the op; None if nothing does.

    An op that reads something else comes before one that is called in one of them only: the switch itself may be
    another op.
    """
    for call, contents in after.contents.items():
        if before.contents.get(call, contents) != contents:
            return "reads something else then", after.readers[call]
    for one, other, did in ((before, after, "is not called then"), (after, before, "is called then")):
        for call in _missing(one.contents, other.contents):
            return did, one.readers[call]
    return None


def _missing(calls: Iterable[_Call], others: Mapping[_Call, object]) -> Iterable[_Call]:
    """Yield the calls that are not among `others`, those of a line that some of `others` come from first."""
    lines = {(file, line) for _, file, line, _ in others}
    missing = [call for call in calls if call not in others]
    yield from sorted(missing, key=lambda call: call[1:3] not in lines)


class _ReadingLedger(Ledger):
    """Records what each op reads, before it runs: its arguments that it does not write."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = OpReads()
        self._contents: tuple[int | None, ...] = ()
        self._calls: Counter[tuple[str, str, int]] = Counter()

    def note(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run an op and return its result, as a ledger does, and record what it reads."""
        read = [tensor for tensor, write in arguments_of(func, args, kwargs) if not write]
        self._contents = () if func.is_view else tuple(map(checksum, read))
        return super().note(func, args, kwargs)

    def _reader(self, func: Any, number: int, node: Any) -> Reader:
        reader = super()._reader(func, number, node)
        place = func.__name__.split(".")[0].rstrip("_"), reader.file, reader.line
        self._calls[place] += 1
        call = (*place, self._calls[place])
        self.reads.contents[call], self.reads.readers[call] = self._contents, reader
        return reader
