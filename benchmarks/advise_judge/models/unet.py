"""A U-Net of three levels, padded, with batch norm; flags off. Skips are kept in a list until they are joined."""

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.advise_judge.models.steps import Step, image_batch, inference


class _DoubleConvolution(nn.Sequential):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )


class _UNet(nn.Module):
    def __init__(self, width: int = 8, classes: int = 2) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            (
                _DoubleConvolution(3, width),
                _DoubleConvolution(width, 2 * width),
                _DoubleConvolution(2 * width, 4 * width),
            )
        )
        self.up = nn.ModuleList(
            (nn.ConvTranspose2d(4 * width, 2 * width, 2, 2), nn.ConvTranspose2d(2 * width, width, 2, 2))
        )
        self.join = nn.ModuleList((_DoubleConvolution(4 * width, 2 * width), _DoubleConvolution(2 * width, width)))
        self.last = nn.Conv2d(width, classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        for level in self.down[:-1]:
            x = level(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.down[-1](x)
        for up, join, skip in zip(self.up, self.join, reversed(skips), strict=True):
            x = join(torch.cat((skip, up(x)), 1))
        return self.last(x)


def unet_training() -> Step:
    """A step of SGD on each pixel's class and the overlap of the two masks."""
    inputs = image_batch()
    model = _UNet().train()
    labels = torch.randint(2, (4, 32, 32))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def step() -> torch.Tensor:
        optimizer.zero_grad(set_to_none=True)
        logits = model(inputs)
        probability = torch.softmax(logits, 1)[:, 1]
        overlap = (probability * labels).sum((1, 2))
        dice = (2.0 * overlap + 1.0) / (probability.sum((1, 2)) + labels.sum((1, 2)) + 1.0)
        loss = F.cross_entropy(logits, labels) + (1.0 - dice).mean()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def unet_inference() -> Step:
    """An inference of 4 images."""
    inputs = image_batch()
    return inference(_UNet(), inputs)
