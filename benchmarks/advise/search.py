"""Which switches hold together and which of them save: joint trials, and halves where one fails or is not needed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from benchmarks.advise.forked import TrialFailed
from benchmarks.advise.question import Bytes
from benchmarks.advise.step_trials import Switch

S = TypeVar("S", bound=Switch)

#: A saving is at least the peak divided by this, and at least so many bytes: two numbers.
SHARE, FEWEST_BYTES = 10_000, 16

#: Of all steps: the sum of the peaks, then of what is held.
Cost = tuple[int, int]


class SetTrials(Protocol):
    """Trials against one baseline."""

    def bytes_of(self, switches: Sequence[Switch]) -> tuple[Bytes, ...]:
        """The bytes of each step; TrialFailed where a trial fails, or where anything differs from the baseline."""
        ...


@dataclass
class Search:
    """A search over switches; each set is tried once."""

    trials: SetTrials
    before: tuple[Bytes, ...]
    most_trials: int = 80  #: after so many, what is not known to be needless is kept
    failed: dict[int, TrialFailed] = field(default_factory=dict)  #: by the identity of a switch
    _known: dict[frozenset[int], "tuple[Bytes, ...] | TrialFailed"] = field(default_factory=dict)

    @property
    def least_bytes(self) -> int:
        """The smallest difference in bytes that counts as a saving: a single number does not."""
        return max(FEWEST_BYTES, sum(each.peak_bytes for each in self.before) // SHARE)

    def try_set(self, switches: Sequence[Switch]) -> tuple[Bytes, ...]:
        """The bytes of each step; TrialFailed."""
        if not switches:
            return self.before
        key = frozenset(map(id, switches))
        if key not in self._known:
            try:
                self._known[key] = self.trials.bytes_of(switches)
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

    def changes_no_byte(self, switches: Sequence[Switch]) -> bool:
        """Whether all of them together hold, and take as many bytes as none."""
        try:
            return self.try_set(switches) == self.before
        except TrialFailed:
            return False

    def saves_more(self, one: Sequence[Switch], other: Sequence[Switch]) -> bool:
        """Whether one set holds and takes less than another, or than none where that one does not hold."""
        cost = self._cost(other)
        return self._is_less(self._cost(one), self._cost(()) if cost is None else cost)

    def saving(self, base: Sequence[S], more: Sequence[S], explores: int = 9) -> list[S]:
        """Of `more`, which holds beside `base`, what saves bytes beside it; each of it is needed for that.

        `explores`: how often to halve what costs bytes together.
        """
        if not more:
            return []
        with_all, without = self._cost([*base, *more]), self._cost(base)
        if self._is_less(with_all, without):
            return self._needed(base, more)
        if len(more) == 1 or with_all == without or not explores:
            return []
        half = len(more) // 2  # some of it costs bytes, and may hide what others save
        first = self.saving(base, more[:half], explores - 1)
        return [*first, *self.saving([*base, *first], more[half:], explores - 1)]

    def _needed(self, base: Sequence[S], more: Sequence[S]) -> list[S]:
        """`more`, without what can be left out at no cost, in halves."""
        if not more or self.takes_no_more(base, [*base, *more]):
            return []
        if len(more) == 1 or len(self._known) >= self.most_trials:
            return list(more)
        half = len(more) // 2
        second = self._needed([*base, *more[:half]], more[half:])
        return [*self._needed([*base, *second], more[:half]), *second]

    def takes_no_more(self, switches: Sequence[Switch], than: Sequence[Switch]) -> bool:
        """Whether both hold, and the first takes no more bytes."""
        one, other = self._cost(switches), self._cost(than)
        return one is not None and other is not None and not self._is_less(other, one)

    def _is_less(self, one: Cost | None, other: Cost | None) -> bool:
        """Whether one takes less, by at least `least_bytes`."""
        if one is None or other is None:
            return False
        least = self.least_bytes
        peak, held = other[0] - one[0], other[1] - one[1]
        return peak >= least or (peak > -least and held >= least)

    def _cost(self, switches: Sequence[Switch]) -> Cost | None:
        """None where it does not hold, or where the peak of some step grows."""
        try:
            found = self.try_set(switches)
        except TrialFailed:
            return None
        if any(one.peak_bytes > other.peak_bytes for one, other in zip(found, self.before, strict=True)):
            return None
        return sum(each.peak_bytes for each in found), sum(each.held_bytes for each in found)
