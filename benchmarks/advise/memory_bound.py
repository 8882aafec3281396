"""What in-place calls can save at most, by the lives of what they write and return: where it is nothing, none is tried.

A call in place lets its result lie in its operand. So it frees bytes at a moment only where both live then; of all that
such calls join, one storage stays. This bounds each set of switches at each moment, without a trial.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Edge:
    """One call: in place, its operand and its result are one storage.

    `copied_until`: up to which moment torch then keeps a copy of the operand for backward; 0 where it keeps none.
    """

    operand: int
    result: int
    copied_until: int = 0


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


def able_to_save(
    switches: Sequence[Collection[Edge]],
    timeline: StepTimeline,
    lives: Mapping[int, WatchedLife],
    least_bytes: int,
) -> list[bool]:
    """For each switch (its calls): whether some set with it could lower the peak, or what is held, by `least_bytes`."""
    live = dict(timeline.live)
    moments = sorted({*live, timeline.held_at})
    edges = [edge for switch in switches for edge in switch if edge.operand in lives and edge.result in lives]
    freed = dict(zip(moments, _Sweep(edges, lives).freed(moments), strict=True))
    floor = max((nbytes - freed[moment][0] for moment, nbytes in live.items()), default=0)
    able: set[Edge] = set()
    if timeline.peak_bytes - floor >= least_bytes:
        for moment, nbytes in live.items():
            if nbytes > floor:
                able |= freed[moment][1]
    if freed[timeline.held_at][0] >= least_bytes:
        able |= freed[timeline.held_at][1]
    return [not able.isdisjoint(switch) for switch in switches]


def peak_is_in_update(timeline: StepTimeline, least_bytes: int) -> bool:
    """Whether the peak is higher, by `least_bytes`, than all that lives while no optimizer updates."""
    outside = (n for at, n in timeline.live if not any(first <= at <= last for first, last in timeline.updates))
    return max(outside, default=0) <= timeline.peak_bytes - least_bytes


class _Sweep:
    """Storages in groups, each of which could be one at a moment; groups only grow as copies are let go."""

    def __init__(self, edges: Iterable[Edge], lives: Mapping[int, WatchedLife]) -> None:
        self._lives = lives
        self._edges = sorted(edges, key=lambda edge: edge.copied_until, reverse=True)
        keys = {key for edge in self._edges for key in (edge.operand, edge.result)}
        self._unborn = sorted(keys, key=lambda key: lives[key].born, reverse=True)
        self._group = {key: key for key in keys}
        self._alive: dict[int, list[int]] = {}
        self._joined_by: dict[int, list[Edge]] = {key: [] for key in keys}

    def freed(self, moments: Iterable[int]) -> Iterator[tuple[int, set[Edge]]]:
        """At each moment (they ascend) what lives beyond the largest storage of each group, and the calls of these."""
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
