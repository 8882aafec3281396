"""The GPT-2 decoder with explicit attention: a switch for each kind of in-place write that autograd allows.

Not allowed: `x += sublayer(norm(x))`, since the layer norm saved x; in-place dropout on the attention's probabilities,
since softmax saved them. So the sum is written over the sublayer's result.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.models.attention import causal_mask, masked_scores


@dataclass(frozen=True)
class InPlace:
    """Which steps are in place."""

    scores: bool = False  #: scale and mask
    residual: bool = False  #: the sums, including that of the embeddings
    dropout: bool = False  #: all except the attention's


NOWHERE = InPlace()
EVERYWHERE = InPlace(True, True, True)


@dataclass(frozen=True)
class Size:
    """A decoder's sizes. The output head shares the token embedding's weight."""

    vocabulary: int
    context: int
    width: int
    heads: int
    blocks: int
    bias: bool = True
    dropout: float = 0.0


#: 124,439,808 parameters.
GPT2 = Size(50257, 1024, 768, 12, 12, dropout=0.1)
#: nanoGPT on Shakespeare by characters: 10.65 M parameters without positions.
BABY_GPT = Size(65, 256, 384, 6, 6, bias=False, dropout=0.2)
#: nanoGPT's README, training on a CPU: 0.80 M parameters without positions.
CPU_GPT = Size(65, 64, 128, 4, 4, bias=False)


class Attention(nn.Module):
    """Causal self-attention of (batch, tokens, width)."""

    def __init__(self, size: Size, inplace: InPlace) -> None:
        super().__init__()
        self.heads, self.inplace = size.heads, inplace
        self.qkv = nn.Linear(size.width, 3 * size.width, size.bias)
        self.out = nn.Linear(size.width, size.width, size.bias)
        self.dropout = nn.Dropout(size.dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        probabilities = masked_scores(q, k, mask, self.inplace.scores).softmax(-1)
        values = self.dropout(probabilities) @ v
        return self.out(values.transpose(1, 2).flatten(2))


class TransformerBlock(nn.Module):
    """Attention and MLP, each after its layer norm, and added to its input."""

    def __init__(self, size: Size, inplace: InPlace) -> None:
        super().__init__()
        self.inplace = inplace
        self.attention_norm = nn.LayerNorm(size.width, bias=size.bias)
        self.attention = Attention(size, inplace)
        self.mlp_norm = nn.LayerNorm(size.width, bias=size.bias)
        self.mlp = nn.Sequential(
            nn.Linear(size.width, 4 * size.width, size.bias),
            nn.GELU(approximate="tanh"),
            nn.Linear(4 * size.width, size.width, size.bias),
        )
        self.dropout = nn.Dropout(size.dropout, inplace.dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        x = self._add(x, self.attention(self.attention_norm(x), mask))
        return self._add(x, self.mlp(self.mlp_norm(x)))

    def _add(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        y = self.dropout(y)
        return y.add_(x) if self.inplace.residual else x + y


class Decoder(nn.Module):
    """Tokens (batch, tokens), integers, to the next token's logits (batch, tokens, vocabulary)."""

    def __init__(self, size: Size, inplace: InPlace) -> None:
        super().__init__()
        self.inplace = inplace
        self.tokens = nn.Embedding(size.vocabulary, size.width)
        self.positions = nn.Embedding(size.context, size.width)
        self.dropout = nn.Dropout(size.dropout, inplace.dropout)
        self.blocks = nn.ModuleList(TransformerBlock(size, inplace) for _ in range(size.blocks))
        self.norm = nn.LayerNorm(size.width, bias=size.bias)
        self.mask = causal_mask(size.context)  # never written, so not a buffer: buffers are restored before every call
        for embedding in (self.tokens, self.positions):
            nn.init.normal_(embedding.weight, std=0.02)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        count = tokens.shape[1]
        x, positions = self.tokens(tokens), self.positions.weight[:count]
        x = self.dropout(x.add_(positions) if self.inplace.residual else x + positions)
        for block in self.blocks:
            x = block(x, self.mask[:count, :count])
        return F.linear(self.norm(x), self.tokens.weight)
