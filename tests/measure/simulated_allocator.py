"""A simulated caching allocator of one GPU, in the words and sizes of c10/cuda/CUDACachingAllocator.cpp."""

from itertools import pairwise
from typing import Any

import torch

MIN_BLOCK = 512
SMALL = 2**20  #: up to here a block lies in a segment of SMALL_SEGMENT
SMALL_SEGMENT, LARGE_SEGMENT = 2 * 2**20, 20 * 2**20
LARGEST_SHARED = 10 * 2**20  #: from here on a block has a segment of its own, a multiple of SMALL_SEGMENT
DRIVER_NS = 100_000  #: host's time to take a segment from the driver


class _Block:
    """A part of a segment; its segment is the list it lies in."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.is_free = True


class _Segment(list[_Block]):
    """Memory that the driver gave at once: its blocks in order, at first a single free one."""

    def __init__(self, nbytes: int) -> None:
        super().__init__([_Block(nbytes)])
        self.nbytes = nbytes


class SimulatedTensor:
    """Bytes of a GPU, taken when the tensor is made and given back when the last reference goes."""

    def __init__(self, allocator: "SimulatedAllocator", nbytes: int) -> None:
        self.nbytes = 0  # __del__ runs where allocating raises, too
        self._allocator, self._block = allocator, allocator.take(nbytes)
        self.nbytes = nbytes

    def __del__(self) -> None:
        if self.nbytes:
            self._allocator.let_go(self._block, self.nbytes)


class SimulatedAllocator:
    """Serves blocks from segments that it keeps; `taken_bytes` of the GPU belong to another process."""

    def __init__(self, gpu: Any, card: Any, memory_bytes: int) -> None:
        self._gpu, self._card = gpu, card
        self.memory_bytes = memory_bytes
        self.taken_bytes = 0
        self._segments: list[_Segment] = []
        self._counts = {name: [0, 0] for name in ("requested", "allocated", "reserved")}  #: current and peak

    def tensor(self, nbytes: int) -> SimulatedTensor:
        """A tensor of `nbytes`. torch.OutOfMemoryError where there are too few."""
        return SimulatedTensor(self, nbytes)

    def take(self, nbytes: int) -> _Block:
        """A block for `nbytes`: the smallest free one that fits, of a new segment where there is none."""
        size = -(-nbytes // MIN_BLOCK) * MIN_BLOCK if self._gpu.behaves("rounded blocks") else nbytes
        free = [block for segment in self._pool(size) for block in segment if block.is_free and block.size >= size]
        block = min(free, key=lambda block: block.size, default=None) or self._new_segment(size)
        self._split(block, size)
        block.is_free = False
        self._count("requested", nbytes)
        self._count("allocated", block.size)
        return block

    def let_go(self, block: _Block, nbytes: int) -> None:
        """Keeps a block for later, merged with its free neighbours."""
        block.is_free = True
        self._count("requested", -nbytes)
        self._count("allocated", -block.size)
        segment = self._segment_of(block)
        for left, right in pairwise(segment):
            if left.is_free and right.is_free:
                right.size += left.size
                left.size = 0
        segment[:] = [each for each in segment if each.size]
        if not self._gpu.behaves("caching allocator"):
            self.give_back()

    def give_back(self) -> None:
        """Gives free segments back to the driver, which waits for the device."""
        kept = [segment for segment in self._segments if not (len(segment) == 1 and segment[0].is_free)]
        if len(kept) < len(self._segments) and self._gpu.behaves("slow driver memory"):
            self._gpu.wait_until(self._card.free_ns)
        self._segments = kept
        self._count("reserved", sum(each.nbytes for each in kept) - self.current("reserved"))

    def current(self, name: str) -> int:
        """The current "requested", "allocated" or "reserved" bytes."""
        return self._counts[name][0]

    def stats(self) -> dict[str, int]:
        """As torch.cuda.memory_stats names them."""
        names = {f"{name}_bytes.all": counts for name, counts in self._counts.items()}
        return {f"{name}.{which}": counts[i] for name, counts in names.items() for i, which in _WHICH}

    def reset_peaks(self) -> None:
        """Resets the peaks to the current bytes."""
        for counts in self._counts.values():
            counts[1] = counts[0]

    def free_of_driver(self) -> int:
        """The driver's free bytes; blocks that the allocator keeps are not free."""
        return self.memory_bytes - self.taken_bytes - self.current("reserved")

    def _pool(self, size: int) -> list[_Segment]:
        small = size <= SMALL
        return [segment for segment in self._segments if (segment.nbytes == SMALL_SEGMENT) == small]

    def _new_segment(self, size: int) -> _Block:
        whole = SMALL_SEGMENT if size <= SMALL else LARGE_SEGMENT if size < LARGEST_SHARED else 0
        whole = whole or -(-size // SMALL_SEGMENT) * SMALL_SEGMENT
        if self.free_of_driver() < whole and self._gpu.behaves("out of memory"):
            self.give_back()
            if self.free_of_driver() < whole:
                raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {size / 2**20:.2f} MiB.")
        if self._gpu.behaves("slow driver memory"):
            self._gpu.host_ns += DRIVER_NS
        segment = _Segment(whole)
        self._segments.append(segment)
        self._count("reserved", whole)
        return segment[0]

    def _split(self, block: _Block, size: int) -> None:
        """Leaves the rest of a block to others, unless they could not use the rest of a large one."""
        rest = block.size - size
        if rest >= (MIN_BLOCK if size <= SMALL else SMALL + 1):
            segment = self._segment_of(block)
            block.size = size
            segment.insert(segment.index(block) + 1, _Block(rest))

    def _segment_of(self, block: _Block) -> _Segment:
        return next(segment for segment in self._segments if any(each is block for each in segment))

    def _count(self, name: str, change: int) -> None:
        counts = self._counts[name]
        counts[0] += change
        counts[1] = max(counts)


_WHICH = tuple(enumerate(("current", "peak")))
