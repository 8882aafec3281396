"""The blocks of a CPU's allocator, each with the call that made it, and which of them live at the peak."""

import bisect
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.measure.allocator_events import AllocatorEvents

_CALL = "attributed call "
#: Bytes of a tensor that is made of a number: bool, int or float, complex.
NUMBER_BYTES = (1, 8, 16)
_ENGINE = "autograd::engine::evaluate_function"  #: begins the name of each node that runs


@dataclass(eq=False)
class Block:
    """A block of the allocator. `call`: the order of the recorded call that made it; None outside all calls.

    `next_call`: the order of the first call after it was made.
    """

    pointer: int
    nbytes: int
    call: int | None
    next_call: int | None
    op: str  #: the innermost op that the profiler saw around it; "" outside all ops
    in_engine: bool  #: whether autograd's engine made it, in backward
    ended: int | None = None  #: the order of the call in which, or before which, it ended; None while it lives


@dataclass(frozen=True)
class BlockChange:
    """A change: one block was made, or freed (`is_made` is false)."""

    time_ns: int
    block: Block
    is_made: bool
    call: int | None  #: the order of the call in which it happened; None outside all calls

    @property
    def nbytes(self) -> int:
        """The change of live bytes: negative if the block was freed."""
        return self.block.nbytes if self.is_made else -self.block.nbytes


def label_of(order: int) -> str:
    """Return the name of the profiler's span for a recorded call."""
    return f"{_CALL}{order}"


def changes_of(events: AllocatorEvents, numbers: Mapping[int, int]) -> list[BlockChange]:
    """Return all changes in order of time. Recorded calls must have run in spans named by `label_of`.

    `numbers`: by call, how many tensors the recorder made of numbers, which torch had made before. They are the first
    blocks of their call, and are left out.
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
        elif event.pointer in living:  # a block that was made before the profiler began is not known
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
    nbytes: int = 0  #: below zero if it was freed


def _allocations(nodes: Iterable[Any], calls: list[tuple[int, int]]) -> Iterator[_Allocation]:
    """Yield all events of the allocator. `calls` gets the start and the order of each recorded call."""
    waiting = [(node, _Around()) for node in nodes]
    while waiting:  # no recursion, since trees may be deep
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
    """The moment with the most live bytes, and the blocks that live then."""

    nbytes: int  #: live bytes, less those at the start
    start_bytes: int  #: the same when the first span begins
    made: Sequence[Block]  #: the live blocks that were made since the start
    released_bytes: int  #: bytes that lived at the start and were freed before the peak
    call: int | None  #: the order of the call in which the peak is reached
    time_ns: int


def peak_within(changes: Sequence[BlockChange], start_ns: int, spans: Sequence[tuple[int, int]]) -> Peak:
    """Return the first moment within `spans` with the most live bytes. Bytes are counted from `start_ns` on.

    `measure_memory` gives the same peak.
    """
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
