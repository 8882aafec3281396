"""A plain pytest-benchmark file that measures the same statement twice, one test after the other.

`peers` runs it without this suite's conftest.py. No statement changes its input: plain pytest-benchmark restores
nothing between calls.
"""

from typing import Any

import pytest
import torch

OPS = {"relu": torch.relu, "exp": torch.exp, "sqrt": torch.sqrt}
NUMELS = tuple(2**power for power in (10, 14, 16, 18, 20, 22))
SLOTS = ("first", "second")


def statement_input(numel: int) -> torch.Tensor:
    """Return a tensor of `numel` float32 values in [0.5, 1.5), which is inside every op's domain."""
    return torch.rand(numel, generator=torch.Generator().manual_seed(0)) + 0.5


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("numel", NUMELS)
@pytest.mark.parametrize("op", OPS)
def test_same(benchmark: Any, op: str, numel: int, slot: str) -> None:
    """Time one of two measurements whose true ratio is 1."""
    benchmark.extra_info.update(op=op, numel=numel, slot=slot)
    benchmark(OPS[op], statement_input(numel))
