"""Transformers: residual sums, dropout, a whole decoder, and steps on its logits."""

import functools
from collections.abc import Callable
from dataclasses import replace

import torch

from benchmarks.catalogue.scenarios.scenario import Built, Scenario, of_module
from benchmarks.models import logits
from benchmarks.models.attention import causal_mask
from benchmarks.models.transformer import (
    BABY_GPT,
    CPU_GPT,
    EVERYWHERE,
    GPT2,
    NOWHERE,
    Decoder,
    InPlace,
    TransformerBlock,
)
from benchmarks.record import VARIANTS, Expectation, Growth

_NOTES = "torch documentation, autograd mechanics: very few occasions when in-place lowers memory significantly"


def _block(inplace: InPlace, dropout: float) -> Callable[[int], Built]:
    def build(tokens: int) -> Built:
        block, mask = TransformerBlock(replace(BABY_GPT, dropout=dropout), inplace), causal_mask(tokens)
        return of_module(block, lambda x: block(x, mask))

    return build


def _decoder(inplace: InPlace) -> Callable[[int], Decoder]:
    return lambda depth: Decoder(replace(CPU_GPT, blocks=depth), inplace)


def _tempered(inplace: bool) -> Callable[[int], Built]:
    def build(tokens: int) -> Built:
        completion = torch.randint(GPT2.vocabulary, (1, tokens))

        def log_probabilities(scores: torch.Tensor) -> torch.Tensor:
            scores = scores[:, :-1]  # the logits after the last token are not scored
            return logits.token_log_probabilities(scores.div_(0.7) if inplace else scores / 0.7, completion)

        return Built(log_probabilities)

    return build


def _filtered(keep: Callable) -> Callable[[], Built]:
    return lambda: Built(functools.partial(keep, k=50, temperature=0.7))


SCENARIOS = (
    Scenario(
        "block_residual",
        _block(NOWHERE, 0.0),
        _block(InPlace(residual=True), 0.0),
        shape=lambda tokens: (1, tokens, BABY_GPT.width),
        practice="A transformer block adds its input to what attention and MLP return, in place.",
        axis="tokens",
        scales=(64, 128, 256, 512),
        gpu_scales=(4096, 1024, 2048, 8192),
        grad_input=True,
        code=("x = x + mlp(norm(x))", "x = mlp(norm(x)).add_(x)"),
        note="`x += mlp(norm(x))` raises in training: the norm has saved x. A block of nanoGPT's 10.65 M model.",
        expects=(
            Expectation("inference", "time", "less", "by derivation: two of the block's tensors are not allocated"),
            Expectation("inference", "peak", "same", "by derivation: the peak is in the MLP, four times as wide"),
            Expectation("step", "held", "same", "derivatives.yaml: add saves nothing, the next norm its input"),
            Expectation("step", "peak", "same", _NOTES),
        ),
    ),
    Scenario(
        "block_dropout",
        _block(NOWHERE, BABY_GPT.dropout),
        _block(InPlace(dropout=True), BABY_GPT.dropout),
        shape=lambda tokens: (1, tokens, BABY_GPT.width),
        practice="A transformer block drops out what attention and MLP return, in place.",
        axis="tokens",
        scales=(64, 128, 256, 512),
        gpu_scales=(4096, 1024, 2048, 8192),
        grad_input=True,
        random=True,
        phases=("forward", "backward", "step"),
        code=("nn.Dropout(0.2)", "nn.Dropout(0.2, inplace=True)"),
        note="Not the attention's own dropout, which raises: softmax has saved that tensor. On CUDA the two "
        "variants draw different numbers and are not compared.",
        expects=(
            Expectation("forward", "time", "less", "by derivation: one tensor fewer per dropout"),
            Expectation("forward", "peak", "same", "by derivation: the residual sum needs what dropout freed"),
            Expectation("step", "held", "same", "derivatives.yaml: mul saves the noise, in both variants"),
            Expectation("step", "peak", "same", _NOTES),
        ),
    ),
    Scenario(
        "decoder",
        _decoder(NOWHERE),
        _decoder(EVERYWHERE),
        shape=(4, CPU_GPT.context),
        practice="A whole GPT with each in-place write that autograd allows: scores, mask, residual sums, embeddings.",
        axis="depth",
        scales=(CPU_GPT.blocks, 2, 8, 16),
        gpu_scales=(12, 6, 24, 48),
        draw=functools.partial(torch.randint, CPU_GPT.vocabulary),
        code=("x = x + y, scores * scale, masked_fill", "y.add_(x), scores.mul_(scale), masked_fill_"),
        note="At depth 4 it is what nanoGPT's README trains on a CPU: 0.80 M parameters, without dropout.",
        expects=(
            Expectation("inference", "time", "less", "by derivation: four of a block's tensors are not allocated"),
            Expectation("step", "held", "same", "derivatives.yaml: no step that is written saves anything"),
            Expectation("step", "peak", "same", _NOTES),
            *(Growth("inference", "peak", v, 0.0, "by derivation: a block frees its tensors") for v in VARIANTS),
            *(Growth("step", "held", v, 1.0, "by derivation: all blocks save the same") for v in VARIANTS),
        ),
    ),
    Scenario(
        "temperature_on_view",
        _tempered(False),
        _tempered(True),
        shape=lambda tokens: (1, tokens + 1, GPT2.vocabulary),
        practice="Policy training divides the logits, a slice without the last token, by the temperature in place.",
        axis="tokens",
        scales=(16, 8, 32, 64),
        gpu_scales=(1024, 256, 512, 2048),
        grad_input=True,
        code=("logits[:, :-1] / temperature", "logits[:, :-1].div_(temperature)"),
        expects=(
            Expectation("inference", "peak", "less", "by derivation: input and log-softmax, without a quotient"),
            Expectation(
                "step",
                "peak",
                "more",
                "huggingface/trl #6553",
                "in place on a view, backward materializes a gradient as large as the base",
            ),
            Expectation("backward", "time", "more", "pytorch #89812: each write to a view is a CopySlices of the base"),
            Expectation("step", "held", "same", "derivatives.yaml: div by a number saves nothing"),
        ),
    ),
    Scenario(
        "top_k_filter",
        _filtered(logits.most_likely),
        _filtered(logits.most_likely_),
        shape=lambda batch: (batch, GPT2.vocabulary),
        practice="Sampling divides the logits by a temperature and removes all but the k most likely, as nanoGPT does.",
        scales=(4, 2, 8, 16),
        gpu_scales=(1024, 256, 512, 2048),
        phases=("inference",),
        code=("logits = logits.masked_fill(logits < v[:, [-1]], -inf)", "logits[logits < v[:, [-1]]] = -inf"),
        expects=(
            Expectation("inference", "time", "less", "by derivation: two tensors of the vocabulary's size less"),
            Expectation("inference", "peak", "less", "by derivation: logits and softmax, for two copies of the logits"),
        ),
    ),
)
