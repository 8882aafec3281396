"""Caches of generation: keys and values of all tokens or of a window; a convolution's inputs. No gradients."""

import functools
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.catalogue.scenarios.scenario import Built, Scenario
from benchmarks.models import caching
from benchmarks.models.transformer import GPT2
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS, Expectation, Growth

#: One sequence and the heads of the smallest GPT-2: 12 of width 64.
_QUERY = (1, GPT2.heads, 1, GPT2.width // GPT2.heads)
#: The convolution of mamba-130m: 1,536 channels, the last 4 inputs of each.
_CHANNELS, _TAPS, _SEQUENCES = 1536, 4, 4
_MLX = "ml-explore/mlx pull request #4019"


def _generation(keep: Callable[..., caching.Results]) -> Callable[[int], Built]:
    def build(tokens: int) -> Built:
        keys, values = torch.randn(2, tokens, *_QUERY)
        return Built(functools.partial(keep, keys=keys, values=values))

    return build


def _convolution(keep: Callable[..., caching.Results]) -> Callable[[int], Built]:
    def build(tokens: int) -> Built:
        inputs, weight = torch.randn(tokens, _SEQUENCES, _CHANNELS), torch.randn(_CHANNELS, _TAPS)
        return Built(functools.partial(keep, inputs=inputs, weight=weight))

    return build


def _cache(
    name: str,
    inplace: Callable[..., caching.Results],
    code: str,
    outofplace: Callable[..., caching.Results] = caching.concatenate,
    concatenated: str = "k = torch.cat((k, key), 2)",
    **fields: Any,
) -> Scenario:
    """A way to keep keys and values, against concatenating them; with the code of both."""
    return Scenario(
        name,
        _generation(outofplace),
        _generation(inplace),
        shape=_QUERY,
        axis="tokens",
        phases=("inference",),
        code=(concatenated, code),
        **{"scales": (128, 64, 256, 512), "gpu_scales": (2048, 512, 1024, 4096), **fields},
    )


_LESS_TIME = Expectation(
    "inference", "time", "less", _MLX, "growing by concatenation copies all that is kept at every step"
)
_LESS_PEAK = Expectation(
    "inference",
    "peak",
    "less",
    "by derivation: two tensors, against two and the old copy of the one that grows",
    factor=1.4,
)
_GROWTH = tuple(Growth("inference", "peak", v, 1.0, "by derivation: what is kept") for v in VARIANTS)

SCENARIOS = (
    _cache(
        "kv_slice",
        caching.write_slices,
        "k[:, :, t:t + 1] = key",
        practice="A decoder generates with a key-value cache of known length and assigns each token to its slice.",
        note="The buffer is as long as the generation, and is made in the call.",
        expects=(_LESS_TIME, _LESS_PEAK, *_GROWTH),
    ),
    _cache(
        "kv_append",
        caching.write_only,
        "k[:, :, t:t + 1] = key",
        outofplace=caching.concatenate_only,
        practice="The cache by itself: each token's keys and values are kept, and attention reads them after the last.",
        note="The cost of keeping alone. In kv_slice attention also reads everything kept at every token.",
        expects=(
            _LESS_TIME,
            _LESS_PEAK,
            Growth("inference", "time", OUTOFPLACE, 2.0, _MLX, "each token copies all before it"),
            Growth("inference", "time", INPLACE, 1.0, _MLX, "preallocated, a step is flat in the context's length"),
        ),
    ),
    _cache(
        "kv_index_copy",
        caching.write_by_index,
        "k.index_copy_(2, position, key)",
        practice="A decoder generates with a key-value cache of known length and writes each token by a tensor index.",
        note="How transformers' StaticCache writes since pull request #31857; the position is a tensor.",
        scales=(128, 64, 256, 512, 8),
        expects=(_LESS_TIME, _LESS_PEAK, *_GROWTH),
    ),
    _cache(
        "kv_static",
        caching.write_static,
        "k.index_copy_(2, position, key); attention(q, k, v, mask)",
        practice="A decoder generates with a static cache: every step attends over the whole buffer, under a mask.",
        note="What torch.compile wants, here in eager mode; the buffer is no longer than the generation.",
        expects=(
            Expectation(
                "inference",
                "time",
                "more",
                "transformers documentation 4.51, KV cache strategies",
                "latency of the static cache: high, of the dynamic one: mid",
            ),
            _LESS_PEAK,
        ),
    ),
    _cache(
        "kv_chunks",
        caching.write_chunks,
        f"k = k if t < k.shape[2] else torch.cat((k, empty_{caching.CHUNK}), 2); k[:, :, t:t + 1] = key",
        practice="A decoder generates to an unknown length with a cache that grows by chunks, as mlx-lm does.",
        expects=(
            _LESS_TIME,
            Expectation("inference", "peak", "same", "by derivation: the old, an empty chunk and the new one"),
        ),
    ),
    _cache(
        "kv_window",
        caching.write_ring,
        "k[:, :, t % window] = key",
        outofplace=caching.concatenate_window,
        concatenated="k = torch.cat((k[:, :, 1:], key), 2)",
        practice="A decoder with sliding-window attention keeps the last tokens in a ring buffer, as Mistral does.",
        note=f"A window of {caching.WINDOW} tokens. Attention sums them in another order.",
        expects=(
            Expectation("inference", "time", "less", "by derivation: a token is written instead of the window"),
            Expectation("inference", "peak", "less", "by derivation: two windows instead of three", factor=1.4),
            *(
                Growth("inference", "time", v, 1.0, "arXiv:2310.06825: a rolling buffer of fixed size")
                for v in VARIANTS
            ),
            *(
                Growth("inference", "peak", v, 0.0, "arXiv:2310.06825: a rolling buffer of fixed size")
                for v in VARIANTS
            ),
        ),
    ),
    Scenario(
        "conv_state",
        _convolution(caching.shift),
        _convolution(caching.shift_),
        shape=(_SEQUENCES, _CHANNELS, _TAPS),
        practice="A state-space model generates and keeps its convolution's last inputs in place, as Mamba does.",
        axis="tokens",
        scales=(32, 64, 128, 256),
        phases=("inference",),
        code=(
            "state = torch.cat((state[:, :, 1:], x[:, :, None]), 2)",
            "state.copy_(torch.roll(state, -1, 2)); state[:, :, -1] = x",
        ),
        note="torch.roll is a concatenation: written back, it costs a copy more.",
        expects=(
            Expectation("inference", "time", "more", "by derivation: the same concatenation, and two copies"),
            Expectation("inference", "peak", "less", "by derivation: state and product, without the old state"),
        ),
    ),
)
