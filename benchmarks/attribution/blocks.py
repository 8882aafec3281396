"""The blocks of a CPU's allocator, each with the call that made it, and which of them live at the peak."""

import bisect
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.measure.allocator_events import AllocatorEvents

_CALL = "attributed call "
#: Of a tensor that is made of a number: bool, int or float, complex.
NUMBER_BYTES = (1, 8, 16)
_ENGINE = "autograd::engine::evaluate_function"  #: begins the name of each node that runs


@dataclass(eq=False)
class Block:
    """`call`: the order of the recorded call within which it was made; None outside all, before `next_call`."""

    pointer: int
    nbytes: int
    call: int | None
    next_call: int | None
    op: str  #: the innermost op that the profiler saw around it; "" outside all
    in_engine: bool  #: whether autograd's engine made it, in backward
    ended: int | None = None  #: the order of the first call after its end; None: it lives on


@dataclass(frozen=True)
class BlockChange:
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


def changes_of(events: AllocatorEvents, numbers: Mapping[int, int]) -> list[BlockChange]:
    """All changes in order of time, of calls that ran in spans of `label_of`.

    `numbers`: by call, how many tensors the recorder made of numbers; torch had made the same before. These are left
    out: they are the first blocks of their call.
    """
    calls: list[tuple[int, int]] = []
    found = sorted(_allocations(events.results.experimental_event_tree(), calls), key=lambda each: each.time_ns)
    calls.sort()

    def following(time_ns: int) -> int | None:
        place = bisect.bisect(calls, (time_ns, 0))
        return calls[place][1] if place < len(calls) else None

    changes: list[BlockChange] = []
    living: dict[int, Block] = {}
    left = dict(numbers)
    for event in found:
        if event.call is not None and event.nbytes in NUMBER_BYTES and left.get(event.call, 0):
            left[event.call] -= 1
        elif event.nbytes > 0:
            block = Block(event.pointer, event.nbytes, event.call, following(event.time_ns), event.op, event.in_engine)
            living[event.pointer] = block
            changes.append(BlockChange(event.time_ns, block, True, event.call))
        elif event.pointer in living:  # no free is recorded of a block that was not seen made
            block = living.pop(event.pointer)
            block.ended = following(event.time_ns) if event.call is None else event.call
            changes.append(BlockChange(event.time_ns, block, False, event.call))
    return changes


@dataclass(frozen=True)
class _Around:
    """What the profiler saw around a place."""

    call: int | None = None
    op: str = ""
    in_engine: bool = False


@dataclass(frozen=True)
class _Allocation(_Around):
    time_ns: int = 0
    pointer: int = 0
    nbytes: int = 0  #: below zero: let go


def _allocations(nodes: Iterable[Any], calls: list[tuple[int, int]]) -> Iterator[_Allocation]:
    """All events. `calls` gets the start and the order of each call."""
    waiting = [(node, _Around()) for node in nodes]
    while waiting:  # deep trees: no recursion
        node, around = waiting.pop()
        if node.tag.name == "Allocation":
            fields = node.extra_fields
            if fields.device.type == "cpu":
                yield _Allocation(
                    **vars(around), time_ns=node.start_time_ns, pointer=fields.ptr, nbytes=fields.alloc_size
                )
            continue
        if node.name.startswith(_CALL):
            around = replace(around, call=int(node.name.removeprefix(_CALL)))
            calls.append((node.start_time_ns, int(node.name.removeprefix(_CALL))))
        elif node.name.startswith("aten::"):
            around = replace(around, op=node.name.removeprefix("aten::"))
        elif node.name.startswith(_ENGINE):
            around = replace(around, in_engine=True)
        waiting += [(child, around) for child in node.children]


@dataclass(frozen=True)
class Peak:
    """What lives when most bytes do: `made` since the start, `released`: there at the start, let go since."""

    nbytes: int  #: beyond what was there at the start
    start_bytes: int  #: the same, where the first span begins
    made: Sequence[Block]
    released_bytes: int
    call: int | None  #: within which it is reached
    time_ns: int


def peak_within(changes: Sequence[BlockChange], start_ns: int, spans: Sequence[tuple[int, int]]) -> Peak:
    """The first highest level within spans of time, counted from `start_ns`, as `measure_memory` has it."""
    live = highest = 0
    place = 0
    for at, change in enumerate(changes, 1):
        if change.time_ns < start_ns:
            continue
        live += change.nbytes
        until_ns = changes[at].time_ns if at < len(changes) else math.inf
        if live > highest and any(start <= until_ns and change.time_ns <= end for start, end in spans):
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
    first_ns = spans[0][0]
    start_bytes = sum(change.nbytes for change in changes if start_ns <= change.time_ns < first_ns)
    return Peak(
        highest,
        start_bytes,
        list(made.values()),
        released,
        last.call if last else None,
        last.time_ns if last else start_ns,
    )
