"""Bound what switches can save, from the lives of their operands and results: those that save nothing need no trial.

A call in place puts its result into the storage of its operand. So it saves bytes only at moments when both storages
are alive. Of the storages that several such calls join into one, the largest stays. This gives an upper bound for each
set of switches at each moment.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Edge:
    """One call, as the two storages that it would join if it was in place."""

    operand: int
    result: int
    copied_until: int = 0  #: the last moment at which torch would keep a copy of the operand for backward; 0: no copy


@dataclass(frozen=True)
class WatchedLife:
    """The life of one storage."""

    born: int  #: the clock at the op that made it
    ended: int  #: the clock when it was freed
    nbytes: int


@dataclass(frozen=True)
class StepTimeline:
    """The last execution of a step. A moment lasts from the beginning of an op to the beginning of the next one.

    While it is watched, the engine allocates sums of gradients that it makes in place otherwise. They do not count.
    """

    live: Sequence[tuple[int, int]]  #: per moment, its number and its highest live bytes
    held_at: int  #: the moment when backward begins, or when the step returns if it has no backward
    updates: Sequence[tuple[int, int]] = ()  #: first and last moment of each update by an optimizer
    sums: Mapping[int, int] = field(default_factory=dict)  #: by moment, the bytes of a sum of the engine

    @property
    def peak_bytes(self) -> int:
        return max((nbytes for _, nbytes in self.unwatched), default=0)

    @property
    def unwatched(self) -> list[tuple[int, int]]:
        """Per moment, its number and its highest live bytes where the step is not watched."""
        return [(at, nbytes - self.sums.get(at, 0)) for at, nbytes in self.live]


def able_to_save(
    switches: Sequence[Collection[Edge]],
    timeline: StepTimeline,
    lives: Mapping[int, WatchedLife],
    least_bytes: int,
) -> list[bool]:
    """Return per switch whether it can be part of a set that lowers the peak or the held bytes by `least_bytes`.

    `switches`: per switch, its calls as edges. `lives`: by storage.
    """
    live = dict(timeline.live)
    moments = sorted({*live, timeline.held_at})
    edges = [edge for switch in switches for edge in switch if edge.operand in lives and edge.result in lives]
    freed = dict(zip(moments, _Sweep(edges, lives).freed(moments), strict=True))
    floor = max((nbytes - freed[moment][0] for moment, nbytes in timeline.unwatched), default=0)
    able: set[Edge] = set()
    if timeline.peak_bytes - floor >= least_bytes:
        for moment, nbytes in live.items():
            if nbytes > floor:
                able |= freed[moment][1]
    if freed[timeline.held_at][0] >= least_bytes:
        able |= freed[timeline.held_at][1]
    return [not able.isdisjoint(switch) for switch in switches]


def peak_is_in_update(timeline: StepTimeline, least_bytes: int) -> bool:
    """Whether the peak is at least `least_bytes` higher than the highest bytes outside of all optimizer updates."""
    outside = (n for at, n in timeline.unwatched if not any(first <= at <= last for first, last in timeline.updates))
    return max(outside, default=0) <= timeline.peak_bytes - least_bytes


class _Sweep:
    """Goes through the moments and keeps groups of storages that could be one; groups grow as copies are freed."""

    def __init__(self, edges: Iterable[Edge], lives: Mapping[int, WatchedLife]) -> None:
        self._lives = lives
        self._edges = sorted(edges, key=lambda edge: edge.copied_until, reverse=True)
        keys = {key for edge in self._edges for key in (edge.operand, edge.result)}
        self._unborn = sorted(keys, key=lambda key: lives[key].born, reverse=True)
        self._group = {key: key for key in keys}
        self._alive: dict[int, list[int]] = {}
        self._joined_by: dict[int, list[Edge]] = {key: [] for key in keys}

    def freed(self, moments: Iterable[int]) -> Iterator[tuple[int, set[Edge]]]:
        """Yield per moment the bytes that all switches together could save, and the calls that take part in it.

        These are the live bytes of each group, without its largest live storage. `moments`: in ascending order.
        """
        for moment in moments:
            while self._edges and self._edges[-1].copied_until < moment:
                self._join(self._edges.pop())
            while self._unborn and self._lives[self._unborn[-1]].born <= moment:
                key = self._unborn.pop()
                self._alive.setdefault(self._root(key), []).append(key)
            total, by = 0, set[Edge]()
            for group, members in list(self._alive.items()):
                members[:] = [key for key in members if self._lives[key].ended >= moment]
                if not members:
                    del self._alive[group]
                if len(members) > 1:
                    sizes = [self._lives[key].nbytes for key in members]
                    total += sum(sizes) - max(sizes)
                    by.update(self._joined_by[group])
            yield total, by

    def _join(self, edge: Edge) -> None:
        one, other = self._root(edge.operand), self._root(edge.result)
        if one != other:
            self._group[one] = other
            self._alive[other] = self._alive.pop(other, []) + self._alive.pop(one, [])
            self._joined_by[other] += self._joined_by.pop(one)
        self._joined_by[other].append(edge)

    def _root(self, key: int) -> int:
        while self._group[key] != key:
            key = self._group[key]
        return key
