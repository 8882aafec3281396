"""Tell which bytes of a storage a tensor occupies, and whether two views of one storage share any byte."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch

#: The most values that are tried before it is assumed that bytes are shared.
_MOST_TRIED = 20_000


@dataclass(frozen=True)
class StoragePart:
    """The bytes that the elements of a strided tensor occupy in its storage."""

    offset: int  #: bytes before the first element
    itemsize: int  #: bytes of an element
    sizes: tuple[int, ...]  #: elements per dimension
    strides: tuple[int, ...]  #: bytes from one element to the next, per dimension

    @classmethod
    def of(cls, tensor: torch.Tensor) -> "StoragePart | None":
        """Return the part that a tensor occupies; None for a layout without strides."""
        if tensor.layout != torch.strided:
            return None
        size = tensor.element_size()
        strides = tuple(stride * size for stride in tensor.stride())
        return cls(int(tensor.storage_offset()) * size, size, tuple(tensor.shape), strides)

    @property
    def is_empty(self) -> bool:
        return 0 in self.sizes

    @property
    def span(self) -> tuple[int, int]:
        """The offset of its first byte, and the offset behind its last one."""
        last = sum((size - 1) * stride for size, stride in zip(self.sizes, self.strides, strict=True))
        return self.offset, self.offset + last + self.itemsize


@lru_cache(maxsize=100_000)
def share_bytes(one: StoragePart, other: StoragePart) -> bool:
    """Whether two parts of one storage share a byte; exact, but True for strides that take too long to decide."""
    if one.is_empty or other.is_empty:
        return False
    (begin, end), (other_begin, other_end) = one.span, other.span
    if end <= other_begin or other_end <= begin:
        return False
    return _has_solution(_ranges_by_stride(one, other), other.offset - one.offset)


def are_split(groups: Sequence[tuple[StoragePart, ...]], one: StoragePart, other: StoragePart) -> bool:
    """Whether one op, such as `chunk`, split the storage so that `one` and `other` lie in different pieces of it.

    `groups`: per op, the pieces that it made.
    """
    return any(_lie_in_different(group, one, other) for group in groups)


def _lie_in_different(group: tuple[StoragePart, ...], one: StoragePart, other: StoragePart) -> bool:
    begin, end = min(part.span[0] for part in group), max(part.span[1] for part in group)
    if any(span[0] < begin or span[1] > end for span in (one.span, other.span)):
        return False
    touched, others = ({n for n, part in enumerate(group) if share_bytes(part, each)} for each in (one, other))
    return bool(touched) and bool(others) and not touched & others


def _ranges_by_stride(one: StoragePart, other: StoragePart) -> list[tuple[int, int, int]]:
    """Return per stride its bytes, and the lowest and the highest factor of it, the largest stride first.

    The parts share a byte if factors in these ranges, times their strides, add up to the distance of the offsets.
    """
    ranges: dict[int, tuple[int, int]] = {}
    for part, sign in ((one, 1), (other, -1)):
        for size, stride in (*zip(part.sizes, part.strides, strict=True), (part.itemsize, 1)):
            low, high = ranges.get(stride, (0, 0))
            ranges[stride] = (low, high + size - 1) if sign > 0 else (low - size + 1, high)
    return [(stride, *ranges[stride]) for stride in sorted(ranges, reverse=True) if stride]


def _has_solution(ranges: Sequence[tuple[int, int, int]], target: int) -> bool:
    """Whether a factor from each range, times its stride, can add up to the target; True if that takes too long."""
    tried = 0
    waiting: list[tuple[int, int]] = [(0, target)]
    rest = list(_reach_of_rest(ranges))
    while waiting:
        place, left = waiting.pop()
        if place == len(ranges):
            if left == 0:
                return True
            continue
        stride, low, high = ranges[place]
        least, most, divisor = rest[place]
        first = max(low, -((most - left) // stride))
        last = min(high, (left - least) // stride)
        for number in range(first, last + 1):
            tried += 1
            if tried > _MOST_TRIED:
                return True
            remaining = left - number * stride
            if remaining % divisor == 0 if divisor else remaining == 0:
                waiting.append((place + 1, remaining))
    return False


def _reach_of_rest(ranges: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield per range the least and the most that the ranges after it can add up to, and a divisor of these sums."""
    for place in range(len(ranges)):
        rest = ranges[place + 1 :]
        yield (
            sum(stride * low for stride, low, _ in rest),
            sum(stride * high for stride, _, high in rest),
            math.gcd(*(stride for stride, low, high in rest if low < high)),
        )
