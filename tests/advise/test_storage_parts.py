"""Whether views of one storage share bytes: against the sets of their bytes."""

import random

import pytest
import torch

from benchmarks.advise.watch.storage_parts import StoragePart, are_split, share_bytes

BASE = torch.arange(4 * 6 * 8.0)

VIEWS = {
    "halves": (BASE[:96], BASE[96:], False),
    "halves that share one": (BASE[:97], BASE[96:], True),
    "columns": (BASE.view(24, 8)[:, :4], BASE.view(24, 8)[:, 4:], False),
    "columns that share one": (BASE.view(24, 8)[:, :5], BASE.view(24, 8)[:, 4:], True),
    "every second": (BASE[::2], BASE[1::2], False),
    "every second and every third": (BASE[::2], BASE[1::3], True),
    "even rows, odd rows": (BASE.view(24, 8)[::2], BASE.view(24, 8)[1::2], False),
    "heads": (BASE.view(4, 6, 2, 4)[:, :, 0].transpose(0, 1), BASE.view(4, 6, 2, 4)[:, :, 1], False),
    "another dtype": (BASE.view(torch.float16)[1::2], BASE.view(torch.int32)[::2], True),
    "parts of elements": (BASE.view(torch.float16)[::4], BASE[1::2], False),
    "expanded": (BASE[:1].expand(6), BASE[1:3], False),
    "none": (BASE[:0], BASE, False),
}


def part(tensor: torch.Tensor) -> StoragePart:
    found = StoragePart.of(tensor)
    assert found is not None
    return found


@pytest.mark.parametrize("name", VIEWS)
def test_views(name):
    one, other, expected = VIEWS[name]
    assert share_bytes(part(one), part(other)) == share_bytes(part(other), part(one)) == expected


def bytes_of(each: StoragePart) -> set[int]:
    found = {each.offset + number for number in range(each.itemsize)}
    for size, stride in zip(each.sizes, each.strides, strict=True):
        found = {at + number * stride for at in found for number in range(size)}
    return found


def test_any_strides_against_the_sets_of_bytes():
    draw = random.Random(7)

    def drawn() -> StoragePart:
        size, dimensions = draw.choice((1, 2, 4, 8)), draw.randrange(4)
        strides = tuple(size * draw.choice((0, 1, 2, 3, 5, 8, 12)) for _ in range(dimensions))
        return StoragePart(
            size * draw.randrange(12), size, tuple(draw.randrange(1, 6) for _ in range(dimensions)), strides
        )

    outcomes = []
    for _ in range(1500):
        one, other = drawn(), drawn()
        outcomes.append(share_bytes(one, other))
        assert outcomes[-1] == bool(bytes_of(one) & bytes_of(other)), (one, other)
    assert 300 < sum(outcomes) < 1200, sum(outcomes)


def test_large_views_take_no_time():
    qkv = torch.empty(8, 1024, 3 * 768, device="meta")
    q, k, v = qkv.chunk(3, -1)
    heads = [each.view(8, 1024, 12, 64).transpose(1, 2) for each in (q, k, v)]
    assert not share_bytes(part(heads[0]), part(heads[1])) and not share_bytes(part(heads[2]), part(k))
    assert share_bytes(part(heads[0][3]), part(q))
    assert are_split([tuple(map(part, (q, k, v)))], part(heads[0]), part(heads[2][1]))
    assert not are_split([tuple(map(part, (q, k)))], part(heads[0]), part(v))
    assert not are_split([], part(q), part(k))
