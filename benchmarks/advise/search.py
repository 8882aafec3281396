"""Which switches hold together and which of them save: joint trials, and halves where one fails or is not needed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from benchmarks.advise.forked import TrialFailed
from benchmarks.advise.question import Bytes
from benchmarks.advise.trial import Switch, TrialResult

S = TypeVar("S", bound=Switch)


class Judged(Protocol):
    """Trials against one baseline."""

    def run(self, switches: Sequence[Switch]) -> TrialResult:
        """TrialFailed where they fail, or where anything differs from the baseline."""
        ...


@dataclass
class Search:
    """A search over switches; each set is tried once."""

    trials: Judged
    before: tuple[Bytes, ...]
    most_trials: int = 60  #: of those that find out which switches a saving needs
    failed: dict[int, TrialFailed] = field(default_factory=dict)  #: by the identity of a switch
    _known: dict[frozenset[int], "tuple[Bytes, ...] | TrialFailed"] = field(default_factory=dict)

    def try_set(self, switches: Sequence[Switch]) -> tuple[Bytes, ...]:
        """The bytes of each step; TrialFailed."""
        if not switches:
            return self.before
        key = frozenset(map(id, switches))
        if key not in self._known:
            try:
                counted = self.trials.run(switches).counted
                self._known[key] = tuple(counted[number] for number in sorted(counted))
            except TrialFailed as error:
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, TrialFailed):
            raise found
        return found

    def grown(self, base: Sequence[S], more: Sequence[S]) -> list[S]:
        """`base`, and of `more` what holds beside it; the others are in `failed`, with their reasons."""
        if not more:
            return list(base)
        try:
            self.try_set([*base, *more])
        except TrialFailed as error:
            if len(more) == 1:
                self.failed[id(more[0])] = error
                return list(base)
            half = len(more) // 2
            return self.grown(self.grown(base, more[:half]), more[half:])
        return [*base, *more]

    def saves(self, switches: Sequence[Switch], against: Sequence[Switch] = ()) -> bool:
        """Whether they take fewer bytes in some step than the others do, and more in none."""
        pairs = list(zip(self.try_set(against), self.try_set(switches), strict=True))
        saved = [before - after for before, after in pairs]
        peaks = [each.peak_bytes for each in saved]
        return min(peaks) >= 0 and (max(peaks) > 0 or max(each.held_bytes for each in saved) > 0)

    def needed(self, base: Sequence[S], more: Sequence[S], best: tuple[Bytes, ...]) -> list[S]:
        """Of `more` what the bytes of all need beside `base`; each of it saves something, given the others."""
        if not more or self._reaches(base, best):
            return []
        if len(more) == 1 or len(self._known) >= self.most_trials:
            return list(more)
        half = len(more) // 2
        first, second = more[:half], more[half:]
        second = self.needed([*base, *first], second, best)
        return [*self.needed([*base, *second], first, best), *second]

    def _reaches(self, switches: Sequence[Switch], best: tuple[Bytes, ...]) -> bool:
        try:
            found = self.try_set(switches)
        except TrialFailed:
            return False
        return all(
            one.peak_bytes <= other.peak_bytes and one.held_bytes <= other.held_bytes
            for one, other in zip(found, best, strict=True)
        )
