"""Search for the switches that agree with the baseline together, and for those that save bytes.

Switches are tried together. If a trial fails, or if some switches may be needless, halves are tried. A set of switches
*holds* if its trial agrees with the baseline.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from benchmarks.advise.trials.step_trials import Switch
from benchmarks.advise.user.forked import TrialFailed
from benchmarks.advise.user.question import Bytes

S = TypeVar("S", bound=Switch)

#: The smallest saving: the peak divided by SHARE, but at least FEWEST_BYTES.
SHARE, FEWEST_BYTES = 10_000, 16

#: Two sums over all steps: the peak bytes, then the held bytes.
Cost = tuple[int, int]


class SetTrials(Protocol):
    """Runs trials and compares them with one baseline."""

    def bytes_of(self, switches: Sequence[Switch]) -> tuple[Bytes, ...]:
        """Return the bytes of each step; TrialFailed if the trial fails, or if anything differs from the baseline."""
        ...


@dataclass(frozen=True)
class Failure:
    """A switch that does not hold."""

    error: TrialFailed
    base: Sequence[Switch]  #: those that it was tried with, which hold without it


@dataclass
class Search:
    """A search over sets of switches; each set is tried only once."""

    trials: SetTrials
    before: tuple[Bytes, ...]  #: per step, by the baseline
    most_trials: int = 80  #: after so many trials, switches that may be needless are kept
    failed: dict[int, Failure] = field(default_factory=dict)  #: by the `id` of a switch that does not hold
    _known: dict[frozenset[int], "tuple[Bytes, ...] | TrialFailed"] = field(default_factory=dict)

    @property
    def least_bytes(self) -> int:
        """The smallest difference in bytes that counts as a saving: the bytes of one number do not."""
        return max(FEWEST_BYTES, sum(each.peak_bytes for each in self.before) // SHARE)

    def try_set(self, switches: Sequence[Switch]) -> tuple[Bytes, ...]:
        """Return the bytes of each step with these switches; TrialFailed if the set does not hold."""
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
        """Return `base`, and all switches of `more` that hold together with it.

        The other switches of `more` are added to `failed`.
        """
        if not more:
            return list(base)
        try:
            self.try_set([*base, *more])
        except TrialFailed as error:
            if len(more) == 1:
                self.failed[id(more[0])] = Failure(error, base)
                return list(base)
            half = len(more) // 2
            return self.grown(self.grown(base, more[:half]), more[half:])
        return [*base, *more]

    def changes_no_byte(self, switches: Sequence[Switch]) -> bool:
        """Whether all switches together hold, and no step takes other bytes than in the baseline."""
        try:
            found = self.try_set(switches)
        except TrialFailed:
            return False
        return all(
            _is_same((one.peak_bytes, one.held_bytes), (other.peak_bytes, other.held_bytes))
            for one, other in zip(found, self.before, strict=True)
        )

    def saves_more(self, one: Sequence[Switch], other: Sequence[Switch]) -> bool:
        """Whether `one` takes less than `other`, or than the baseline if `other` does not hold or raises a peak.

        False if `one` itself does not hold, or raises the peak of any step.
        """
        cost = self._cost(other)
        return self._is_less(self._cost(one), self._cost(()) if cost is None else cost)

    def saving(self, base: Sequence[S], more: Sequence[S], halvings: int = 9) -> list[S]:
        """Return the switches of `more` that save bytes in addition to `base`; each is needed for the saving.

        `more` must hold together with `base`. `halvings`: how often a set is halved that takes more bytes as a whole,
        in search of parts that save.
        """
        if not more:
            return []
        with_all, without = self._cost([*base, *more]), self._cost(base)
        if self._is_less(with_all, without):
            return self._needed(base, more)
        if len(more) == 1 or _is_same(with_all, without) or not halvings:
            return []
        half = len(more) // 2  # some of it costs bytes, and may hide what others save
        first = self.saving(base, more[:half], halvings - 1)
        return [*first, *self.saving([*base, *first], more[half:], halvings - 1)]

    def _needed(self, base: Sequence[S], more: Sequence[S]) -> list[S]:
        """Return `more` without the switches that can be left out at no cost; found by halves."""
        if not more or self.takes_no_more(base, [*base, *more]):
            return []
        if len(more) == 1 or len(self._known) >= self.most_trials:
            return list(more)
        half = len(more) // 2
        second = self._needed([*base, *more[:half]], more[half:])
        return [*self._needed([*base, *second], more[:half]), *second]

    def takes_no_more(self, switches: Sequence[Switch], than: Sequence[Switch]) -> bool:
        """Whether both sets hold and raise no peak, and `switches` takes no more bytes than `than`."""
        one, other = self._cost(switches), self._cost(than)
        return one is not None and other is not None and not self._is_less(other, one)

    def _is_less(self, one: Cost | None, other: Cost | None) -> bool:
        """Whether `one` is lower by at least `least_bytes`, in its peak, or in its held bytes with no higher peak."""
        if one is None or other is None:
            return False
        least = self.least_bytes
        peak, held = other[0] - one[0], other[1] - one[1]
        return peak >= least or (peak > -least and held >= least)

    def _cost(self, switches: Sequence[Switch]) -> Cost | None:
        """Return the cost of a set; None if it does not hold, or if the peak of any step grows."""
        try:
            found = self.try_set(switches)
        except TrialFailed:
            return None
        if any(one.peak_bytes > other.peak_bytes for one, other in zip(found, self.before, strict=True)):
            return None
        return sum(each.peak_bytes for each in found), sum(each.held_bytes for each in found)


def _is_same(one: Cost | None, other: Cost | None) -> bool:
    """Whether two costs differ by the bytes of a number at most, as where one tensor of a single element is freed."""
    if one is None or other is None:
        return one is other
    return all(abs(mine - others) < FEWEST_BYTES for mine, others in zip(one, other, strict=True))
