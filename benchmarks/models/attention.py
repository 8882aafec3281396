"""Attention written out, step by step: scores, mask, softmax, rotary positions."""

import math

import torch


def causal_mask(tokens: int) -> torch.Tensor:
    """True where a token must not look: (tokens, tokens), bool."""
    return torch.ones(tokens, tokens, dtype=torch.bool).triu(1)


def masked_scores(q: torch.Tensor, k: torch.Tensor, mask: torch.Tensor, inplace: bool) -> torch.Tensor:
    """Scaled scores, minus infinity where the mask is True: two (..., tokens, head) to (..., tokens, tokens)."""
    scale = q.shape[-1] ** -0.5
    scores = q @ k.transpose(-2, -1)
    if inplace:
        return scores.mul_(scale).masked_fill_(mask, -math.inf)
    scores = scores * scale  # a separate statement: nested, it would keep the product alive while masking
    return scores.masked_fill(mask, -math.inf)


def halfwise_softmax_(scores: torch.Tensor) -> torch.Tensor:
    """The softmax over the last dimension, written over the scores, one half of the heads (dimension 0) at a time."""
    half = len(scores) // 2
    scores[half:] = scores[half:].softmax(-1)
    scores[:half] = scores[:half].softmax(-1)
    return scores


def rotary_angles(tokens: int, head: int, base: float = 10_000.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosine and sine of RoPE (arXiv:2104.09864), (tokens, head) each: both halves alike."""
    frequencies = base ** (-torch.arange(0, head, 2) / head)
    angles = (torch.arange(tokens)[:, None] * frequencies).repeat(1, 2)
    return angles.cos(), angles.sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """RoPE on the halves of each head, as transformers' Llama writes it: (..., tokens, head)."""
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin


def rotate_(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """The same, written over `x`. Uses slices: views made by chunk may not be written while autograd records."""
    half = x.shape[-1] // 2
    cos, sin = cos[:, :half], sin[:, :half]
    first, second = x[..., :half], x[..., half:]
    old = first.clone()
    first.mul_(cos).addcmul_(second, sin, value=-1)
    second.mul_(cos).addcmul_(old, sin)
    return x
