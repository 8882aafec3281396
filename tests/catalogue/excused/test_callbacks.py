"""A callback is called for every element: Python, and no kernel."""

import pytest
import torch

from benchmarks.catalogue.excused import CALLBACKS
from tests.catalogue.excused.named import inplace_callable


@pytest.mark.parametrize("name, tensors", [("apply_", 1), ("map_", 2), ("map2_", 3)])
def test_a_callback_is_called_for_every_element(name, tensors):
    assert set(CALLBACKS) == {"apply_", "map_", "map2_"}
    seen = []

    def add(*elements):
        seen.append(elements)
        return sum(elements)

    x, *others = [torch.arange(6.0).view(2, 3) + offset for offset in range(tensors)]
    expected = sum([x, *others])
    assert inplace_callable(name)(x, *others, add) is x
    assert torch.equal(x, expected)
    assert len(seen) == 6 and all(len(elements) == tensors for elements in seen)
    assert all(type(element) is float for element in seen[0])
