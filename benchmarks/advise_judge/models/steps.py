"""What step files of this folder share: a training step with Adam or SGD, and an inference."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

Step = Callable[[], torch.Tensor]


def image_batch(count: int = 4, size: int = 32) -> torch.Tensor:
    """Seeded images (count, 3, size, size); the seed holds for what is drawn next, too."""
    torch.manual_seed(0)
    return torch.randn(count, 3, size, size)


def token_batch(count: int = 2, length: int = 32, vocabulary: int = 97) -> torch.Tensor:
    """Seeded tokens (count, length)."""
    torch.manual_seed(0)
    return torch.randint(vocabulary, (count, length))


def classifier_training(model: nn.Module, inputs: torch.Tensor, classes: int = 10) -> Step:
    """A step of SGD with momentum on cross entropy; it returns the loss."""
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
    """A step of AdamW on the next token, logits (batch, tokens, vocabulary); it returns the loss."""
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
    """The model's output in evaluation mode, without a graph."""
    model.eval()

    @torch.no_grad()
    def step() -> torch.Tensor:
        return model(inputs)

    return step
