"""Which bytes of a storage a tensor lies in, and whether two tensors share any: views of one storage need not."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch

#: Values tried for one of the numbers below before it is taken that bytes are shared.
_MOST_TRIED = 20_000


@dataclass(frozen=True)
class StoragePart:
    """The bytes of a strided tensor's elements: where the first one begins, and how to come from one to the next."""

    offset: int  #: bytes
    itemsize: int  #: bytes of an element
    sizes: tuple[int, ...]
    strides: tuple[int, ...]  #: bytes

    @classmethod
    def of(cls, tensor: torch.Tensor) -> "StoragePart | None":
        """None of a layout without strides, which may lie anywhere."""
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
        """From its first byte to behind its last one."""
        last = sum((size - 1) * stride for size, stride in zip(self.sizes, self.strides, strict=True))
        return self.offset, self.offset + last + self.itemsize


@lru_cache(maxsize=100_000)
def share_bytes(one: StoragePart, other: StoragePart) -> bool:
    """Whether two parts of one storage share a byte: exact, but for very odd strides, of which it says yes."""
    if one.is_empty or other.is_empty:
        return False
    (begin, end), (other_begin, other_end) = one.span, other.span
    if end <= other_begin or other_end <= begin:
        return False
    return _has_solution(_ranges_by_stride(one, other), other.offset - one.offset)


def are_split(groups: Sequence[tuple[StoragePart, ...]], one: StoragePart, other: StoragePart) -> bool:
    """Whether one op made parts (as `chunk` and `unbind` do) of which two parts lie in different ones."""
    return any(_lie_in_different(group, one, other) for group in groups)


def _lie_in_different(group: tuple[StoragePart, ...], one: StoragePart, other: StoragePart) -> bool:
    begin, end = min(part.span[0] for part in group), max(part.span[1] for part in group)
    if any(span[0] < begin or span[1] > end for span in (one.span, other.span)):
        return False
    touched, others = ({n for n, part in enumerate(group) if share_bytes(part, each)} for each in (one, other))
    return bool(touched) and bool(others) and not touched & others


def _ranges_by_stride(one: StoragePart, other: StoragePart) -> list[tuple[int, int, int]]:
    """Stride, lowest and highest number: the parts share a byte where the numbers times the strides make up what lies
    between their offsets. The largest stride first.
    """
    ranges: dict[int, tuple[int, int]] = {}
    for part, sign in ((one, 1), (other, -1)):
        for size, stride in (*zip(part.sizes, part.strides, strict=True), (part.itemsize, 1)):
            low, high = ranges.get(stride, (0, 0))
            ranges[stride] = (low, high + size - 1) if sign > 0 else (low - size + 1, high)
    return [(stride, *ranges[stride]) for stride in sorted(ranges, reverse=True) if stride]


def _has_solution(ranges: Sequence[tuple[int, int, int]], target: int) -> bool:
    """Whether a number from each range, times its stride, sum up to the target; True where that takes too long."""
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
    """Behind each range: the least and the most that the rest can sum up to, and what divides each such sum."""
    for place in range(len(ranges)):
        rest = ranges[place + 1 :]
        yield (
            sum(stride * low for stride, low, _ in rest),
            sum(stride * high for stride, _, high in rest),
            math.gcd(*(stride for stride, low, high in rest if low < high)),
        )
