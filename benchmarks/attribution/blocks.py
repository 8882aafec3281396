"""The blocks of a CPU's allocator, each with the call that made it, and which of them live at the peak."""

import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.measure.allocator_events import AllocatorEvents

_CALL = "attributed call "


@dataclass(eq=False)
class Block:
    """`call`: the order of the recorded call within which it was made; None outside all, before `next_call`."""

    pointer: int
    nbytes: int
    made_ns: int
    call: int | None
    next_call: int | None


@dataclass(frozen=True)
class Change:
    """One block made, or let go (`is_made` false)."""

    time_ns: int
    block: Block
    is_made: bool
    call: int | None  #: the call within which it happened

    @property
    def nbytes(self) -> int:
        return self.block.nbytes if self.is_made else -self.block.nbytes


def label_of(order: int) -> str:
    """The name of the span that a recorded call runs in."""
    return f"{_CALL}{order}"


def changes_of(events: AllocatorEvents) -> list[Change]:
    """All changes in order of time, of calls that ran in spans of `label_of`."""
    calls: list[tuple[int, int]] = []
    found = sorted(_allocations(events.results.experimental_event_tree(), calls), key=lambda each: each[0])
    calls.sort()
    changes: list[Change] = []
    living: dict[int, Block] = {}
    for time_ns, pointer, nbytes, call in found:
        if nbytes > 0:
            place = bisect.bisect(calls, (time_ns, 0))
            following = calls[place][1] if call is None and place < len(calls) else None
            living[pointer] = Block(pointer, nbytes, time_ns, call, following)
            changes.append(Change(time_ns, living[pointer], True, call))
        elif pointer in living:  # no free is recorded of a block that was not seen made
            changes.append(Change(time_ns, living.pop(pointer), False, call))
    return changes


def _allocations(nodes: Iterable[Any], calls: list[tuple[int, int]]) -> Iterator[tuple[int, int, int, int | None]]:
    """Time, address, signed bytes and call of each event. `calls` gets the start and order of each call."""
    waiting: list[tuple[Any, int | None]] = [(node, None) for node in nodes]
    while waiting:  # deep trees: no recursion
        node, call = waiting.pop()
        if node.tag.name == "Allocation":
            fields = node.extra_fields
            if fields.device.type == "cpu":
                yield node.start_time_ns, fields.ptr, fields.alloc_size, call
            continue
        name = node.name
        inner = call
        if name.startswith(_CALL):
            inner = int(name.removeprefix(_CALL))
            calls.append((node.start_time_ns, inner))
        waiting += [(child, inner) for child in node.children]


@dataclass(frozen=True)
class Peak:
    """What lives when most bytes do: `made` since the start, `released`: there at the start, let go since."""

    nbytes: int  #: beyond what was there at the start
    made: Sequence[Block]
    released_bytes: int
    call: int | None  #: within which it is reached
    time_ns: int


def peak_within(changes: Sequence[Change], start_ns: int, spans: Sequence[tuple[int, int]]) -> Peak:
    """The first highest level within spans of time, counted from `start_ns`, as `measure_memory` has it."""
    live = highest = 0
    place = 0
    for at, change in enumerate(changes, 1):
        if change.time_ns < start_ns:
            continue
        live += change.nbytes
        if live > highest and any(start <= change.time_ns <= end for start, end in spans):
            highest, place = live, at
    made: dict[int, Block] = {}
    released = 0
    for change in changes[:place]:
        if change.time_ns < start_ns:
            continue
        if change.is_made:
            made[id(change.block)] = change.block
        elif made.pop(id(change.block), None) is None:
            released += change.block.nbytes
    last = changes[place - 1] if place else None
    return Peak(highest, list(made.values()), released, last.call if last else None, last.time_ns if last else start_ns)
