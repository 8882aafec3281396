"""The decoder: its published parameter counts, what it computes, and which in-place writes autograd refuses."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.models.attention import causal_mask
from benchmarks.models.transformer import (
    BABY_GPT,
    CPU_GPT,
    EVERYWHERE,
    GPT2,
    NOWHERE,
    Attention,
    Decoder,
    InPlace,
    TransformerBlock,
)

SMALL = replace(CPU_GPT, blocks=2, context=8, width=16)


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_parameter_counts_are_the_published_ones():
    with torch.device("meta"):
        gpt2, baby, small = (Decoder(size, NOWHERE) for size in (GPT2, BABY_GPT, CPU_GPT))
        assert parameters(gpt2) == 124_439_808
        assert parameters(TransformerBlock(GPT2, NOWHERE)) == 7_087_872
    # nanoGPT leaves the positions out of what it prints.
    assert round((parameters(baby) - baby.positions.weight.numel()) / 1e6, 2) == 10.65
    assert round((parameters(small) - small.positions.weight.numel()) / 1e6, 2) == 0.80


@pytest.mark.parametrize("scores", [False, True])
def test_attention_is_torchs(scores):
    torch.manual_seed(0)
    attention, x = Attention(SMALL, InPlace(scores=scores)), torch.randn(2, 8, 16)
    q, k, v = attention.qkv(x).unflatten(-1, (3, 4, 4)).permute(2, 0, 3, 1, 4)
    expected = attention.out(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2))
    torch.testing.assert_close(attention(x, causal_mask(8)), expected)


def test_no_token_sees_a_later_one():
    torch.manual_seed(0)
    decoder = Decoder(SMALL, EVERYWHERE)
    tokens = torch.arange(8)[None]
    later = tokens.clone()
    later[0, 5:] += 3
    before, after = decoder(tokens), decoder(later)
    torch.testing.assert_close(before[:, :5], after[:, :5])
    assert not torch.allclose(before[:, 5:], after[:, 5:])


def test_written_everywhere_it_is_the_same_decoder():
    found = []
    for inplace in (NOWHERE, EVERYWHERE):
        torch.manual_seed(0)
        decoder = Decoder(replace(SMALL, dropout=0.3), inplace)
        result = decoder(torch.arange(8)[None])
        found.append([result, *torch.autograd.grad(result.sum(), tuple(decoder.parameters()))])
    assert all(map(torch.equal, *found))


def changed(call) -> None:
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        call().sum().backward()


def test_what_the_blocks_do_not_write_raises():
    x = torch.randn(4, 16, requires_grad=True)
    norm = nn.LayerNorm(16)

    def residual():
        y = x * 2
        y += norm(y)
        return y

    changed(residual)
    changed(lambda: F.dropout(x.softmax(-1), 0.5, inplace=True))
