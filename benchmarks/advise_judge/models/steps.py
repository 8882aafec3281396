"""Parts that the step files of this folder share: inputs, a training step with SGD or AdamW, and an inference."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

Step = Callable[[], torch.Tensor]


def image_batch(count: int = 4, size: int = 32) -> torch.Tensor:
    """Return seeded random images (count, 3, size, size). The seed also decides what is drawn next."""
    torch.manual_seed(0)
    return torch.randn(count, 3, size, size)


def token_batch(count: int = 2, length: int = 32, vocabulary: int = 97) -> torch.Tensor:
    """Return seeded random tokens (count, length)."""
    torch.manual_seed(0)
    return torch.randint(vocabulary, (count, length))


def classifier_training(model: nn.Module, inputs: torch.Tensor, classes: int = 10) -> Step:
    """Return a step of SGD with momentum on cross entropy. The step returns the loss."""
    labels = torch.randint(classes, (len(inputs),))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    model.train()

    def step() -> torch.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def language_training(model: nn.Module, inputs: torch.Tensor) -> Step:
    """Return a step of AdamW on the next token, with logits (batch, tokens, vocabulary). The step returns the loss."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model.train()

    def step() -> torch.Tensor:
        logits = model(inputs)
        loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), inputs[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def inference(model: nn.Module, inputs: torch.Tensor) -> Step:
    """Return a step that returns the model's output in evaluation mode, without a graph."""
    model.eval()

    @torch.no_grad()
    def step() -> torch.Tensor:
        return model(inputs)

    return step
