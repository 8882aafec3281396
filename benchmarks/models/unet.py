"""U-Net (arXiv:1505.04597) of any base width (in the paper 64), padded, so that skips need no cropping."""

import torch
from torch import nn

from benchmarks.models.activation import Activation

LEVELS = 4


class UNet(nn.Module):
    """Contracting and expanding path with skips between them; (N, 1, H, W) to (N, 2, H, W), both multiples of 16."""

    def __init__(self, width: int, activation: Activation) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(LEVELS + 1)]
        self.contract = nn.ModuleList(
            _double(inputs, outputs, activation) for inputs, outputs in zip([1, *widths[:-2]], widths[:-1], strict=True)
        )
        self.pool = nn.MaxPool2d(2)
        self.bottom = _double(widths[-2], widths[-1], activation)
        falling = widths[::-1]
        self.up = nn.ModuleList(nn.ConvTranspose2d(w, w // 2, 2, stride=2) for w in falling[:-1])
        self.expand = nn.ModuleList(_double(w, w // 2, activation) for w in falling[:-1])
        self.classify = nn.Conv2d(width, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        for contract in self.contract:
            x = contract(x)
            skips.append(x)
            x = self.pool(x)
        x = self.bottom(x)
        for up, expand in zip(self.up, self.expand, strict=True):
            x = torch.cat([skips.pop(), up(x)], dim=1)
            x = expand(x)
        return self.classify(x)


def _double(inputs: int, outputs: int, activation: Activation) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1),
        activation(),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        activation(),
    )
