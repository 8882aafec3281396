"""A Swin transformer's blocks: attention within windows, shifted in every second block; sums out of place."""

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.advise_judge.models.steps import Step, classifier_training, image_batch, inference

_WINDOW = 4


class _WindowAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.bias = nn.Parameter(torch.randn(heads, _WINDOW**2, _WINDOW**2) * 0.02)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        windows, tokens, width = x.shape
        q, k, v = self.qkv(x).reshape(windows, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q = q * (width // self.heads) ** -0.5
        attention = q @ k.transpose(-2, -1)
        attention = attention + self.bias
        if mask is not None:
            grouped = attention.view(windows // len(mask), len(mask), self.heads, tokens, tokens)
            attention = (grouped + mask[:, None]).view(-1, self.heads, tokens, tokens)
        attention = F.dropout(F.softmax(attention, -1), 0.1, self.training)
        return self.proj((attention @ v).transpose(1, 2).reshape(windows, tokens, width))


class _SwinBlock(nn.Module):
    def __init__(self, width: int, heads: int, size: int, shift: int) -> None:
        super().__init__()
        self.size, self.shift = size, shift
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = _WindowAttention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), nn.Dropout(0.1))
        self.register_buffer("mask", self._mask() if shift else None)

    def _mask(self) -> torch.Tensor:
        """Return (windows, tokens, tokens): -100 between tokens that were no neighbours before the shift, else 0."""
        regions = torch.zeros(1, self.size, self.size, 1)
        for i, rows in enumerate((slice(-_WINDOW), slice(-_WINDOW, -self.shift), slice(-self.shift, None))):
            for j, columns in enumerate((slice(-_WINDOW), slice(-_WINDOW, -self.shift), slice(-self.shift, None))):
                regions[:, rows, columns] = 3.0 * i + j
        numbers = _windows(regions).squeeze(-1)
        return (numbers[:, None] != numbers[:, :, None]).float() * -100.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self._attended(self.norm1(x))
        x = x + self.mlp(self.norm2(x))
        return x

    def _attended(self, x: torch.Tensor) -> torch.Tensor:
        if self.shift:
            x = torch.roll(x, (-self.shift, -self.shift), (1, 2))
        mask = self.mask
        assert mask is None or isinstance(mask, torch.Tensor)
        x = _image(self.attention(_windows(x), mask), self.size)
        return torch.roll(x, (self.shift, self.shift), (1, 2)) if self.shift else x


def _windows(x: torch.Tensor) -> torch.Tensor:
    """Split images (N, H, W, C) into windows (N x windows, tokens, C)."""
    count, height, width, channels = x.shape
    x = x.view(count, height // _WINDOW, _WINDOW, width // _WINDOW, _WINDOW, channels)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, _WINDOW**2, channels)


def _image(x: torch.Tensor, size: int) -> torch.Tensor:
    """Join windows (N x windows, tokens, C) into images (N, size, size, C): the inverse of `_windows`."""
    side = size // _WINDOW
    x = x.view(-1, side, side, _WINDOW, _WINDOW, x.shape[-1])
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, size, size, x.shape[-1])


class _Swin(nn.Module):
    def __init__(self, width: int = 32, size: int = 8, classes: int = 10) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, width, 4, stride=4)
        self.blocks = nn.Sequential(*(_SwinBlock(width, 2, size, shift) for shift in (0, 2, 0, 2)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.blocks(self.embed(x).permute(0, 2, 3, 1).contiguous())
        return self.head(self.norm(x).mean((1, 2)))


def swin_training() -> Step:
    """A training step of 4 images."""
    inputs = image_batch()
    return classifier_training(_Swin(), inputs)


def swin_inference() -> Step:
    """An inference of 4 images."""
    inputs = image_batch()
    return inference(_Swin(), inputs)
