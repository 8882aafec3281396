"""Find the op that shows why a trial failed: the first that gets other values, or that is called in one case alone."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.advise.trials.step_trials import Switch, Trials, changed_texts, execute_each
from benchmarks.advise.user.forked import TrialFailed
from benchmarks.advise.user.question import Reader
from benchmarks.advise.user.user_code import BadStep, Step
from benchmarks.advise.watch.ledger import Ledger, arguments_of
from benchmarks.advise.watch.occurrences import Trace
from benchmarks.advise.watch.trace import Tracer
from benchmarks.tracking.contents import checksum

#: Ops that write their argument without reading it.
_FILLING = {
    *("fill_", "zero_", "copy_", "_foreach_copy_", "_foreach_zero_", "set_", "resize_"),
    *("normal_", "uniform_", "bernoulli_", "random_", "exponential_", "geometric_", "cauchy_", "log_normal_"),
}
#: A call of an op: its name without the `_` of the in-place one, the line that called it, and its number there.
_Call = tuple[str, str, int, int]
_Line = tuple[str, int]


@dataclass
class OpReads:
    """What the ops of some executions read, in the order of the ops."""

    contents: dict[_Call, tuple[str, ...]] = field(default_factory=dict)  #: what each op reads, in any order
    readers: dict[_Call, Reader] = field(default_factory=dict)


class FirstDifference:
    """Compares executions with some switches and without, op by op."""

    def __init__(self, trials: Trials, is_site: Callable[[str], bool]) -> None:
        """`is_site`: whether a file may hold sites."""
        self._trials, self._is_site = trials, is_site
        self._known: dict[frozenset[int], OpReads | None] = {}

    def of(self, switch: Switch, base: Sequence[Switch]) -> tuple[str, Reader] | None:
        """Return in words what a switch changes first in addition to those of `base`, and the op that shows it.

        None if no op shows it, or if the steps cannot be executed while they are watched.
        """
        before, after = self._reads(base), self._reads([*base, switch])
        if before is None or after is None:
            return None
        place = switch.place
        lines = range(place.line, place.end_line + 1) if place is not None else ()
        return first_difference(before, after, {(place.file, line) for line in lines if place is not None})

    def _reads(self, switches: Sequence[Switch]) -> OpReads | None:
        """Return what the ops read with these switches; None if the steps cannot be built or executed so."""
        key = frozenset(map(id, switches))
        if key not in self._known:
            texts = changed_texts(switches, living_only=True)
            try:
                self._known[key] = self._trials.watch(lambda s, n: reads_of(s, n, self._is_site, texts), switches)
            except (TrialFailed, BadStep):
                self._known[key] = None
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


def first_difference(before: OpReads, after: OpReads, own: Collection[_Line] = ()) -> tuple[str, Reader] | None:
    """Return what differs first between two executions, in words, and the op; None if nothing does.

    `own`: the lines of the switch itself, on which other ops are called by its own doing. Ops of no known line come
    last.
    """
    found = [*_differences(before, after, own)]
    return next((each for each in found if each[1].file), found[0] if found else None)


def _differences(before: OpReads, after: OpReads, own: Collection[_Line]) -> Iterator[tuple[str, Reader]]:
    for call, contents in after.contents.items():
        if call not in before.contents and call[1:3] not in own:
            yield "is called then", after.readers[call]
        elif before.contents.get(call, contents) != contents:
            yield "gets other values then", after.readers[call]
    for call in before.contents:
        if call not in after.contents and call[1:3] not in own:
            yield "is not called then", before.readers[call]


def _contents_of(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[str]:
    """Yield what an op reads. What it writes counts too, unless it is filled whatever it held."""
    fills = func._schema.name.rsplit("::", 1)[-1] in _FILLING
    for tensor, write in arguments_of(func, args, kwargs):
        if not (write and (fills or "out" in kwargs)):
            yield str(checksum(tensor))
    for value in (*args, *kwargs.values()):
        numbers = value if isinstance(value, list | tuple) else [value]
        yield from (repr(each) for each in numbers if isinstance(each, bool | int | float | complex))


class _ReadingLedger(Ledger):
    """Records what each op reads, before it runs: checksums of tensors, and numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = OpReads()
        self._contents: tuple[str, ...] = ()
        self._calls: Counter[tuple[str, str, int]] = Counter()

    def note(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run an op and return its result, as a ledger does, and record what it reads."""
        self._contents = () if func.is_view else tuple(sorted(_contents_of(func, args, kwargs)))
        return super().note(func, args, kwargs)

    def _reader(self, func: Any, number: int, node: Any) -> Reader:
        reader = super()._reader(func, number, node)
        place = func.__name__.split(".")[0].rstrip("_"), reader.file, reader.line
        self._calls[place] += 1
        call = (*place, self._calls[place])
        self.reads.contents[call], self.reads.readers[call] = self._contents, reader
        return reader
