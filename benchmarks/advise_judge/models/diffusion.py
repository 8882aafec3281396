"""A diffusion model as in DDPM: noise is added by a schedule and predicted; time enters each block."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.advise_judge.models.steps import Step

_TIMES = 50


def _time_embedding(t: torch.Tensor, width: int) -> torch.Tensor:
    frequencies = torch.exp(-math.log(10000.0) * torch.arange(width // 2) / (width // 2))
    angles = t[:, None].float() * frequencies[None]
    return torch.cat((angles.sin(), angles.cos()), -1)


class _TimedBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(4, width), nn.GroupNorm(4, width)
        self.conv1, self.conv2 = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        self.time = nn.Linear(width, width)
        self.act = nn.SiLU()

    def forward(self, x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        h = self.conv1(self.act(self.norm1(x)))
        h = h + self.time(self.act(time))[:, :, None, None]
        h = self.conv2(self.act(self.norm2(h)))
        return h + x


class _Denoiser(nn.Module):
    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.width = width
        self.first, self.last = nn.Conv2d(1, width, 3, padding=1), nn.Conv2d(width, 1, 3, padding=1)
        self.blocks = nn.ModuleList(_TimedBlock(width) for _ in range(3))

    def forward(self, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        time = _time_embedding(t, self.width)
        x = self.first(x)
        for block in self.blocks:
            x = block(x, time)
        return self.last(F.silu(x))


def _schedule() -> tuple[torch.Tensor, torch.Tensor]:
    betas = torch.linspace(1e-4, 0.02, _TIMES)
    return betas, torch.cumprod(1.0 - betas, 0)


def diffusion_training() -> Step:
    """A step of AdamW on the noise that was added to 4 images at random times."""
    torch.manual_seed(0)
    model = _Denoiser()
    _, kept = _schedule()
    images = torch.rand(4, 1, 16, 16) * 2.0 - 1.0
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def step() -> torch.Tensor:
        t = torch.randint(_TIMES, (4,))
        noise = torch.randn_like(images)
        share = kept[t][:, None, None, None]
        noisy = share.sqrt() * images + (1.0 - share).sqrt() * noise
        loss = F.mse_loss(model(noisy, t), noise)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def diffusion_inference() -> Step:
    """Five steps of sampling 4 images."""
    torch.manual_seed(0)
    model = _Denoiser().eval()
    betas, kept = _schedule()

    @torch.no_grad()
    def step() -> torch.Tensor:
        x = torch.randn(4, 1, 16, 16)
        for t in reversed(range(0, _TIMES, 10)):
            predicted = model(x, torch.full((4,), t))
            x = (x - betas[t] / (1.0 - kept[t]).sqrt() * predicted) / (1.0 - betas[t]).sqrt()
            if t > 0:
                x = x + betas[t].sqrt() * torch.randn_like(x)
        return x.clamp(-1.0, 1.0)

    return step
