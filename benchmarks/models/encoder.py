"""A small causal language model made of torch's own transformer layers, to measure optimizers on."""

import torch
from torch import nn
from torch.nn import functional as F


class Encoder(nn.Module):
    """Blocks of attention and MLP, norm first, embedding tied to the output: (sequences, tokens) to a scalar loss.

    The loss is the next token's cross-entropy. No dropout and no positions: neither changes an update.
    """

    def __init__(self, vocabulary: int, width: int, blocks: int = 5, heads: int = 4) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.embedding.weight, std=0.02)  # as in GPT-2; torch's own 1 would saturate the softmax
        layer = (width, heads, 4 * width, 0.0, "gelu")
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(*layer, batch_first=True, norm_first=True) for _ in range(blocks)
        )

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(tokens.shape[1] - 1, device=tokens.device)
        x = self.embedding(tokens[:, :-1])
        for block in self.blocks:
            x = block(x, src_mask=mask, is_causal=True)
        scores = F.linear(x, self.embedding.weight)
        return F.cross_entropy(scores.flatten(0, 1), tokens[:, 1:].flatten())
