"""Every cache gives the attention and keeps the keys and values that all tokens at once give."""

import pytest
import torch
from torch.nn import functional as F

from benchmarks.models import caching
from benchmarks.models.caching import CHUNK, WINDOW

WHOLE = [
    caching.concatenate,
    caching.write_slices,
    caching.write_by_index,
    caching.write_static,
    caching.write_chunks,
]


def drawn(tokens: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(tokens)
    keys, values = torch.randn(2, tokens, 2, 3, 1, 4)
    return torch.randn(2, 3, 1, 4), keys, values


def joined(some: torch.Tensor) -> torch.Tensor:
    return torch.cat(tuple(some), 2)


@pytest.mark.parametrize("tokens", [1, 7, CHUNK, CHUNK + 1])
@pytest.mark.parametrize("keep", WHOLE)
def test_a_cache_keeps_every_token(keep, tokens):
    query, keys, values = drawn(tokens)
    result, k, v = keep(query, keys, values)
    assert torch.equal(k, joined(keys)) and torch.equal(v, joined(values))
    torch.testing.assert_close(result, F.scaled_dot_product_attention(query, k, v))


@pytest.mark.parametrize("tokens", [1, WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW + 5])
@pytest.mark.parametrize("keep", [caching.concatenate_window, caching.write_ring])
def test_a_window_forgets_all_before_it(keep, tokens):
    query, keys, values = drawn(tokens)
    (result,) = keep(query, keys, values)
    expected = F.scaled_dot_product_attention(query, joined(keys[-WINDOW:]), joined(values[-WINDOW:]))
    torch.testing.assert_close(result, expected)


@pytest.mark.parametrize("tokens", [1, 3, 6])
@pytest.mark.parametrize("keep", [caching.shift, caching.shift_])
def test_a_shifted_state_convolves(keep, tokens):
    torch.manual_seed(tokens)
    state, inputs, weight = torch.randn(2, 5, 4), torch.randn(tokens, 2, 5), torch.randn(5, 4)
    everything = torch.cat((state, inputs.permute(1, 2, 0)), 2)
    expected = F.conv1d(everything, weight[:, None], groups=5)[:, :, -1]
    given = state.clone()
    result, kept = keep(given, inputs, weight)
    torch.testing.assert_close(result, expected)
    assert torch.equal(kept, everything[:, :, -4:]) and (kept is given) == (keep is caching.shift_)
