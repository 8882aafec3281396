"""What a decoder keeps from token to token during generation: keys and values, a convolution's inputs.

One call is a whole generation. Keys and values (tokens, batch, heads, 1, head) of all tokens are drawn beforehand and
replace the projections, which are the same for every cache; all tokens have the same query (batch, heads, 1, head). The
result is the last token's attention and, if nothing is dropped, the keys and values kept.
"""

import torch
from torch.nn.functional import scaled_dot_product_attention as attention

Results = tuple[torch.Tensor, ...]

#: Tokens by which a cache of unknown length grows; mlx-lm uses 256.
CHUNK = 64
#: Tokens in a window; Mistral 7B uses 4,096.
WINDOW = 64


def concatenate(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> Results:
    """A new, longer cache for each token."""
    k, v = _buffer(keys, 0), _buffer(values, 0)
    for key, value in zip(keys, values, strict=True):
        k = torch.cat((k, key), 2)  # a statement of its own: in one with v, both old tensors would still be alive
        v = torch.cat((v, value), 2)
        result = attention(query, k, v)
    return result, k, v


def concatenate_only(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> Results:
    """A new, longer cache for each token, with one attention after the last."""
    k, v = _buffer(keys, 0), _buffer(values, 0)
    for key, value in zip(keys, values, strict=True):
        k = torch.cat((k, key), 2)
        v = torch.cat((v, value), 2)
    return attention(query, k, v), k, v


def write_only(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> Results:
    """One buffer for the whole generation, each token assigned to its slice, with one attention after the last."""
    k, v = _buffer(keys, len(keys)), _buffer(values, len(keys))
    for t, (key, value) in enumerate(zip(keys, values, strict=True)):
        k[:, :, t : t + 1], v[:, :, t : t + 1] = key, value
    return attention(query, k, v), k, v


def write_slices(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> Results:
    """One buffer for the whole generation, each token assigned to its slice."""
    k, v = _buffer(keys, len(keys)), _buffer(values, len(keys))
    for t, (key, value) in enumerate(zip(keys, values, strict=True)):
        k[:, :, t : t + 1], v[:, :, t : t + 1] = key, value
        result = attention(query, k[:, :, : t + 1], v[:, :, : t + 1])
    return result, k, v


def write_by_index(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> Results:
    """One buffer for the whole generation, each token written by `index_copy_`."""
    k, v = _buffer(keys, len(keys)), _buffer(values, len(keys))
    positions = torch.arange(len(keys), device=keys.device)
    for t, (key, value) in enumerate(zip(keys, values, strict=True)):
        k.index_copy_(2, positions[t : t + 1], key)
        v.index_copy_(2, positions[t : t + 1], value)
        result = attention(query, k[:, :, : t + 1], v[:, :, : t + 1])
    return result, k, v


def write_static(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> Results:
    """The same, but attention reads the whole buffer under a mask: no shape changes from token to token."""
    k, v = _buffer(keys, len(keys)).zero_(), _buffer(values, len(keys)).zero_()
    positions = torch.arange(len(keys), device=keys.device)
    for t, (key, value) in enumerate(zip(keys, values, strict=True)):
        k.index_copy_(2, positions[t : t + 1], key)
        v.index_copy_(2, positions[t : t + 1], value)
        result = attention(query, k, v, (positions <= t).view(1, 1, 1, -1))
    return result, k, v


def write_chunks(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> Results:
    """A buffer that grows by CHUNK tokens when it is full."""
    k, v = _buffer(keys, 0), _buffer(values, 0)
    for t, (key, value) in enumerate(zip(keys, values, strict=True)):
        if t == k.shape[2]:
            k = torch.cat((k, _buffer(keys, CHUNK)), 2)
            v = torch.cat((v, _buffer(values, CHUNK)), 2)
        k[:, :, t : t + 1], v[:, :, t : t + 1] = key, value
        result = attention(query, k[:, :, : t + 1], v[:, :, : t + 1])
    return result, k[:, :, : len(keys)], v[:, :, : len(keys)]


def concatenate_window(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> Results:
    """The last WINDOW tokens: the newest appended, the oldest cut off."""
    k, v = _buffer(keys, 0), _buffer(values, 0)
    for key, value in zip(keys, values, strict=True):
        k = torch.cat((k[:, :, -WINDOW + 1 :], key), 2)
        v = torch.cat((v[:, :, -WINDOW + 1 :], value), 2)
        result = attention(query, k, v)
    return (result,)


def write_ring(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> Results:
    """The last WINDOW tokens, the newest written over the oldest: attention does not depend on their order."""
    k, v = _buffer(keys, WINDOW), _buffer(values, WINDOW)
    for t, (key, value) in enumerate(zip(keys, values, strict=True)):
        at, count = t % WINDOW, min(t + 1, WINDOW)
        k[:, :, at : at + 1], v[:, :, at : at + 1] = key, value
        result = attention(query, k[:, :, :count], v[:, :, :count])
    return (result,)


def shift(state: torch.Tensor, inputs: torch.Tensor, weight: torch.Tensor) -> Results:
    """A causal convolution, token by token: (tokens, batch, channels) through the state (batch, channels, taps).

    Returns the last token's result and the inputs kept.
    """
    for x in inputs:
        state = torch.cat((state[:, :, 1:], x[:, :, None]), 2)
        result = (state * weight).sum(2)
    return result, state


def shift_(state: torch.Tensor, inputs: torch.Tensor, weight: torch.Tensor) -> Results:
    """The same, written over the kept inputs, as in Mamba's reference code for missing kernels."""
    for x in inputs:
        state.copy_(torch.roll(state, shifts=-1, dims=2))
        state[:, :, -1] = x
        result = (state * weight).sum(2)
    return result, state


def _buffer(like: torch.Tensor, tokens: int) -> torch.Tensor:
    """Room for `tokens` tokens: (batch, heads, tokens, head)."""
    _, batch, heads, _, head = like.shape
    return like.new_empty(batch, heads, tokens, head)
