"""Encoders: one like BERT, with a layer norm after each sum, and torch's own `nn.TransformerEncoder`."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.advise_judge.models.steps import Step, classifier_training, inference, token_batch


class _BertLayer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.attention_output, self.attention_norm = nn.Linear(width, width), nn.LayerNorm(width)
        self.intermediate, self.output = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.output_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(0.1)

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(*x.shape[:2], self.heads, -1).permute(0, 2, 1, 3)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        query, key = self._split(self.query(hidden_states)), self._split(self.key(hidden_states))
        scores = torch.matmul(query, key.transpose(-1, -2))
        scores = scores / math.sqrt(query.shape[-1])
        scores = scores + mask
        weights = self.dropout(F.softmax(scores, dim=-1))
        context = torch.matmul(weights, self._split(self.value(hidden_states)))
        context = context.permute(0, 2, 1, 3).contiguous().flatten(2)
        attended = self.dropout(self.attention_output(context))
        attended = self.attention_norm(attended + hidden_states)
        wide = F.gelu(self.intermediate(attended))
        return self.output_norm(self.dropout(self.output(wide)) + attended)


class _Bert(nn.Module):
    def __init__(self, vocabulary: int = 97, width: int = 64, length: int = 32) -> None:
        super().__init__()
        self.words, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
        self.types = nn.Embedding(2, width)
        self.norm, self.dropout = nn.LayerNorm(width), nn.Dropout(0.1)
        self.layers = nn.ModuleList(_BertLayer(width, 4) for _ in range(2))
        self.pooler, self.classifier = nn.Linear(width, width), nn.Linear(width, 10)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        embeddings = self.words(ids) + self.types(torch.zeros_like(ids))
        embeddings = embeddings + self.positions(torch.arange(ids.shape[1]))
        x = self.dropout(self.norm(embeddings))
        mask = (1.0 - (ids != 0).float())[:, None, None, :] * torch.finfo(torch.float32).min
        for layer in self.layers:
            x = layer(x, mask)
        return self.classifier(torch.tanh(self.pooler(x[:, 0])))


def _torch_encoder() -> nn.Module:
    layer = nn.TransformerEncoderLayer(64, 4, 128, dropout=0.1, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    return nn.Sequential(nn.Embedding(97, 64), encoder, nn.Flatten(), nn.Linear(64 * 32, 10))


def bert_training() -> Step:
    """A training step of 2 x 32 tokens."""
    ids = token_batch()
    return classifier_training(_Bert(), ids)


def bert_inference() -> Step:
    """An inference of 2 x 32 tokens."""
    ids = token_batch()
    return inference(_Bert(), ids)


def torch_encoder_training() -> Step:
    """A training step of 2 x 32 tokens."""
    ids = token_batch()
    return classifier_training(_torch_encoder(), ids)


def torch_encoder_inference() -> Step:
    """An inference of 2 x 32 tokens."""
    ids = token_batch()
    return inference(_torch_encoder(), ids)
