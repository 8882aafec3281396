"""What in-place calls can save at most, by the lives of what they write and return: where it is nothing, none is tried.

A call in place lets its result lie in its operand. So it frees bytes at a moment only where both live then; of all that
such calls join, one storage stays. This bounds each set of switches at each moment, without a trial.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

#: The storages of an operand and of a result that a switch makes one.
Edge = tuple[int, int]


@dataclass(frozen=True)
class WatchedLife:
    """One storage. `born`, `ended`: the numbers of the ops that made it, and during or after which it was freed."""

    born: int
    ended: int
    nbytes: int


@dataclass(frozen=True)
class StepTimeline:
    """The last execution of a step. Moments are numbers of ops: from the beginning of one to that of the next."""

    live: Sequence[tuple[int, int]]  #: moment, and the highest live bytes in it
    held_at: int  #: when backward begins; where there is none, when the step returns
    updates: Sequence[tuple[int, int]] = ()  #: the first and the last moment of each update by an optimizer

    @property
    def peak_bytes(self) -> int:
        return max((nbytes for _, nbytes in self.live), default=0)


@dataclass(frozen=True)
class JoiningSwitch:
    """What a switch joins. `is_copied`: until backward it takes a copy, as large as what it saves."""

    edges: frozenset[Edge]
    is_copied: bool


def able_to_save(
    switches: Sequence[JoiningSwitch], timeline: StepTimeline, lives: Mapping[int, WatchedLife], least_bytes: int
) -> list[bool]:
    """Of each switch whether it can be one of a set that lowers the peak, or what is held, by `least_bytes`."""
    forward = _Joined([edge for each in switches if not each.is_copied for edge in each.edges], lives)
    whole = _Joined([edge for each in switches for edge in each.edges], lives)
    moments = [moment for moment, _ in timeline.live]
    freed = [(forward, each) for each in forward.surplus([each for each in moments if each < timeline.held_at])]
    freed += [(whole, each) for each in whole.surplus([each for each in moments if each >= timeline.held_at])]
    floor = max((nbytes - sum(f.values()) for (_, nbytes), (_, f) in zip(timeline.live, freed, strict=True)), default=0)
    able: set[Edge] = set()
    if timeline.peak_bytes - floor >= least_bytes:
        for (_, nbytes), (joined, groups) in zip(timeline.live, freed, strict=True):
            if nbytes > floor:
                able |= joined.edges_of(groups)
    (held,) = forward.surplus([timeline.held_at])
    if sum(held.values()) >= least_bytes:
        able |= forward.edges_of(held)
    return [not able.isdisjoint(each.edges) for each in switches]


def peak_is_in_update(timeline: StepTimeline, least_bytes: int) -> bool:
    """Whether the peak is higher, by `least_bytes`, than all that lives while no optimizer updates."""
    outside = (n for at, n in timeline.live if not any(first <= at <= last for first, last in timeline.updates))
    return max(outside, default=0) <= timeline.peak_bytes - least_bytes


class _Joined:
    """Storages in groups, each of which could become one."""

    def __init__(self, edges: Iterable[Edge], lives: Mapping[int, WatchedLife]) -> None:
        self._lives = lives
        self._group: dict[int, int] = {}
        self._edges: dict[int, set[Edge]] = defaultdict(set)
        known = [edge for edge in edges if edge[0] in lives and edge[1] in lives]
        for one, other in known:
            self._group[self._root(one)] = self._root(other)
        for edge in known:
            self._edges[self._root(edge[0])].add(edge)

    def _root(self, key: int) -> int:
        while self._group.setdefault(key, key) != key:
            key = self._group[key]
        return key

    def surplus(self, moments: Sequence[int]) -> Iterator[dict[int, int]]:
        """At each moment (they ascend), by group the bytes that live beyond those of its largest storage."""
        keys = sorted(self._group, key=lambda key: self._lives[key].born)
        alive: dict[int, list[int]] = defaultdict(list)
        at = 0
        for moment in moments:
            while at < len(keys) and self._lives[keys[at]].born <= moment:
                alive[self._root(keys[at])].append(keys[at])
                at += 1
            found: dict[int, int] = {}
            for group in list(alive):
                alive[group] = [key for key in alive[group] if self._lives[key].ended >= moment]
                sizes = [self._lives[key].nbytes for key in alive[group]]
                if len(sizes) > 1:
                    found[group] = sum(sizes) - max(sizes)
                elif not sizes:
                    del alive[group]
            yield found

    def edges_of(self, groups: Iterable[int]) -> set[Edge]:
        """The edges of some groups."""
        return {edge for group in groups for edge in self._edges[group]}
