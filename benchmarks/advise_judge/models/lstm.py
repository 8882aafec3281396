"""Recurrences: torch's own LSTM as one call, and a cell written as ops, step by step."""

import torch
from torch import nn

from benchmarks.advise_judge.models.steps import Step, inference, language_training, token_batch


class _LanguageLSTM(nn.Module):
    def __init__(self, vocabulary: int = 97, width: int = 48) -> None:
        super().__init__()
        self.embedding, self.dropout = nn.Embedding(vocabulary, width), nn.Dropout(0.2)
        self.lstm = nn.LSTM(width, width, 2, batch_first=True)
        self.decoder = nn.Linear(width, vocabulary)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        out, _ = self.lstm(self.dropout(self.embedding(ids)))
        return self.decoder(self.dropout(out))


class _WrittenLSTM(nn.Module):
    def __init__(self, vocabulary: int = 97, width: int = 48) -> None:
        super().__init__()
        self.width = width
        self.embedding = nn.Embedding(vocabulary, width)
        self.inward, self.recurrent = nn.Linear(width, 4 * width), nn.Linear(width, 4 * width, bias=False)
        self.decoder = nn.Linear(width, vocabulary)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        inputs = self.inward(self.embedding(ids)).unbind(1)
        h = c = torch.zeros(len(ids), self.width)
        outputs = []
        for x in inputs:
            gates = x + self.recurrent(h)
            i, f, g, o = gates.chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            outputs.append(h)
        return self.decoder(torch.stack(outputs, 1))


def lstm_training() -> Step:
    """A training step of 2 x 32 tokens through torch's LSTM."""
    ids = token_batch()
    return language_training(_LanguageLSTM(), ids)


def lstm_inference() -> Step:
    """An inference of 2 x 32 tokens through torch's LSTM."""
    ids = token_batch()
    return inference(_LanguageLSTM(), ids)


def written_lstm_training() -> Step:
    """A training step of 2 x 32 tokens through the written cell."""
    ids = token_batch()
    return language_training(_WrittenLSTM(), ids)


def written_lstm_inference() -> Step:
    """An inference of 2 x 32 tokens through the written cell."""
    ids = token_batch()
    return inference(_WrittenLSTM(), ids)
