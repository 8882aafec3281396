"""A DCGAN-like critic, and the penalty on its gradient in the training of Wasserstein GANs: second order."""

import torch
from torch import nn


class Critic(nn.Module):
    """Strided convolutions and LeakyReLU(0.2), no normalisation: (images, 3, 32, 32) to (images,)."""

    def __init__(self, inplace: bool, width: int = 32) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((3, width), (width, 2 * width), (2 * width, 4 * width)):
            layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=inplace)]
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(4 * width * 4 * 4, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images).flatten()


def penalised_loss(critic: nn.Module, images: torch.Tensor, weight: float = 10.0) -> torch.Tensor:
    """The critic's score plus a gradient penalty (arXiv:1704.00028): (images, ...) to a scalar."""
    images = images.detach().requires_grad_()
    score = critic(images).mean()
    (gradients,) = torch.autograd.grad(score * len(images), images, create_graph=True)
    return score + weight * (gradients.flatten(1).norm(dim=1) - 1).square().mean()
