"""Attention written out: mask, softmax, rotary positions."""

from collections.abc import Callable

import torch

from benchmarks.catalogue.scenarios.scenario import Built, Scenario
from benchmarks.models import attention
from benchmarks.models.transformer import GPT2
from benchmarks.record import VARIANTS, Expectation, Growth

#: The heads of the smallest GPT-2: 12 of width 64.
_HEADS, _HEAD = GPT2.heads, GPT2.width // GPT2.heads
_NOTES = "torch documentation, autograd mechanics: very few occasions when in-place lowers memory significantly"
_VIEW = "pytorch #89812: each write to a view is a CopySlices of the base"
_SQUARED = "by derivation: scores of tokens^2"


def _masked(inplace: bool) -> Callable[[int], Built]:
    def build(tokens: int) -> Built:
        mask = attention.causal_mask(tokens)

        def attend(qkv: torch.Tensor) -> torch.Tensor:
            q, k, v = qkv.unbind(0)
            return attention.masked_scores(q, k, mask, inplace).softmax(-1) @ v

        return Built(attend)

    return build


def _soft(inplace: bool) -> Callable[[], Built]:
    def attend(qkv: torch.Tensor) -> torch.Tensor:
        q, k, v = qkv.unbind(0)
        scores = (q * _HEAD**-0.5) @ k.transpose(-2, -1)
        scores = attention.halfwise_softmax_(scores) if inplace else scores.softmax(-1)
        return scores @ v

    return lambda: Built(attend)


def _rotary(rotate: Callable) -> Callable[[int], Built]:
    def build(tokens: int) -> Built:
        cos, sin = attention.rotary_angles(tokens, _HEAD)
        return Built(lambda x: rotate(x, cos, sin))

    return build


SCENARIOS = (
    Scenario(
        "attention_mask",
        _masked(False),
        _masked(True),
        shape=lambda tokens: (3, _HEADS, tokens, _HEAD),
        practice="Attention written out scales and masks its scores in place, as minGPT-like code and diffusion do.",
        axis="tokens",
        scales=(256, 128, 512, 1024),
        gpu_scales=(4096, 1024, 2048, 8192),
        grad_input=True,
        code=("scores = scores * scale; scores.masked_fill(mask, -inf)", "scores.mul_(scale).masked_fill_(mask, -inf)"),
        note="The softmax that follows needs as much besides the scores as the product did, and keeps its own result.",
        expects=(
            Expectation("inference", "time", "less", "by derivation: no pages and no second tensor of tokens^2"),
            Expectation(
                "inference",
                "peak",
                "less",
                "basujindal/stable-diffusion pull request #103",
                "`sim *= self.scale` instead of `* self.scale` saves quite a bit of memory",
                factor=1.1,
            ),
            Expectation(
                "step", "held", "same", "derivatives.yaml: mul by a number saves nothing, masked_fill the mask"
            ),
            Expectation("step", "peak", "same", _NOTES),
            *(Growth("inference", "peak", variant, 2.0, _SQUARED) for variant in VARIANTS),
        ),
    ),
    Scenario(
        "attention_softmax",
        _soft(False),
        _soft(True),
        shape=lambda tokens: (3, _HEADS, tokens, _HEAD),
        practice="Stable Diffusion forks write the softmax over the scores, half of the heads at a time, to fit a GPU.",
        axis="tokens",
        scales=(256, 128, 512, 1024),
        gpu_scales=(4096, 1024, 2048, 8192),
        grad_input=True,
        code=("sim = sim.softmax(-1)", "sim[4:] = sim[4:].softmax(-1); sim[:4] = sim[:4].softmax(-1)"),
        expects=(
            Expectation("inference", "peak", "less", "basujindal/stable-diffusion pull request #117"),
            Expectation("inference", "time", "more", "by derivation: each half is computed, then copied"),
            Expectation(
                "step", "held", "more", "derivatives.yaml: softmax saves its result, matmul what it multiplies"
            ),
            Expectation("backward", "time", "more", _VIEW),
            *(Growth("inference", "peak", variant, 2.0, _SQUARED) for variant in VARIANTS),
        ),
    ),
    Scenario(
        "rotary",
        _rotary(attention.rotate),
        _rotary(attention.rotate_),
        shape=lambda tokens: (_HEADS, tokens, _HEAD),
        practice="Rotary positions turn queries and keys; flash-attn offers it in place, transformers does not.",
        axis="tokens",
        scales=(512, 1024, 2048, 4096),
        gpu_scales=(65536, 16384, 32768, 131072),
        grad_input=True,
        code=(
            "q * cos + rotate_half(q) * sin",
            "old = q1.clone(); q1.mul_(cos).addcmul_(q2, sin, value=-1); q2.mul_(cos).addcmul_(old, sin)",
        ),
        expects=(
            Expectation(
                "inference", "peak", "less", "by derivation: input and half of it, for four times the input", factor=2.6
            ),
            Expectation("inference", "time", "less", "by derivation: half the passes over the input"),
            Expectation("step", "held", "same", "derivatives.yaml: products with constants save the constants"),
            Expectation("backward", "time", "more", _VIEW),
        ),
    ),
)
