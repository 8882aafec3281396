"""What users put around a model: accumulation, autocast, checkpointing, clipping, fused Adam, an average of weights."""

import copy

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

from benchmarks.advise_judge.models.steps import Step

_PARTS, _DECAY = 2, 0.99


class _CheckpointedNet(nn.Module):
    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.first = nn.Linear(32, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width))
            for _ in range(3)
        )
        self.last = nn.Linear(width, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.first(x))
        for block in self.blocks:
            x = x + checkpoint(block, x, use_reentrant=False)
        return self.last(x)


def full_loop_training() -> Step:
    """One update from two parts of a batch."""
    torch.manual_seed(0)
    model = _CheckpointedNet()
    average = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    batches, labels = torch.randn(_PARTS, 16, 32), torch.randint(10, (_PARTS, 16))

    def step() -> torch.Tensor:
        total = torch.zeros(())
        for x, y in zip(batches, labels, strict=True):
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(x)
                loss = F.cross_entropy(logits.float(), y)
                loss = loss / _PARTS
            loss.backward()
            total = total + loss.detach()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            for kept, p in zip(average.parameters(), model.parameters(), strict=True):
                kept.copy_(kept * _DECAY + p * (1.0 - _DECAY))
        return total

    return step
