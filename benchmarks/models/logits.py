"""Steps on logits: a temperature, the log-probabilities of chosen tokens, the k most likely kept."""

import math

import torch


def token_log_probabilities(logits: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """The log-probability of each chosen token: (batch, tokens) of logits (batch, tokens, vocabulary)."""
    return logits.log_softmax(-1).gather(-1, tokens[..., None]).squeeze(-1)


def most_likely(logits: torch.Tensor, k: int, temperature: float) -> torch.Tensor:
    """The probabilities of the k most likely tokens of each row, zero for all others: (batch, vocabulary)."""
    logits = logits / temperature
    least = logits.topk(k).values[:, -1:]
    logits = logits.masked_fill(logits < least, -math.inf)
    return logits.softmax(-1)


def most_likely_(logits: torch.Tensor, k: int, temperature: float) -> torch.Tensor:
    """The same, scaled and masked in place."""
    logits.div_(temperature)
    least = logits.topk(k).values[:, -1:]
    logits[logits < least] = -math.inf
    return logits.softmax(-1)
