"""A GAN with a gradient penalty (WGAN-GP): two models, two optimizers, a second derivative."""

import torch
from torch import nn

from benchmarks.advise_judge.models.steps import Step, inference


def _generator(width: int = 16) -> nn.Module:
    return nn.Sequential(
        nn.Linear(8, 4 * width * 16),
        nn.Unflatten(1, (4 * width, 4, 4)),
        nn.BatchNorm2d(4 * width),
        nn.ReLU(),
        nn.ConvTranspose2d(4 * width, width, 4, 2, 1),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.ConvTranspose2d(width, 1, 4, 2, 1),
        nn.Tanh(),
    )


def _critic(width: int = 16) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(2 * width * 16, 1),
    )


def gan_training() -> Step:
    """A step of the critic, with the penalty on its slope between real and made images, then one of the generator."""
    torch.manual_seed(0)
    generator, critic = _generator(), _critic()
    of_generator = torch.optim.Adam(generator.parameters(), lr=1e-4, betas=(0.0, 0.9))
    of_critic = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.0, 0.9))
    real = torch.rand(8, 1, 16, 16) * 2 - 1

    def step() -> tuple[torch.Tensor, torch.Tensor]:
        made = generator(torch.randn(8, 8)).detach()
        share = torch.rand(8, 1, 1, 1)
        between = (share * real + (1 - share) * made).requires_grad_()
        judged = critic(between)
        (slope,) = torch.autograd.grad(judged.sum(), between, create_graph=True)
        penalty = ((slope.flatten(1).norm(2, dim=1) - 1) ** 2).mean()
        critic_loss = critic(made).mean() - critic(real).mean() + 10.0 * penalty
        of_critic.zero_grad()
        critic_loss.backward()
        of_critic.step()
        generator_loss = -critic(generator(torch.randn(8, 8))).mean()
        of_generator.zero_grad()
        generator_loss.backward()
        of_generator.step()
        return critic_loss.detach(), generator_loss.detach()

    return step  # pyright: ignore[reportReturnType]  # two losses


def gan_inference() -> Step:
    """Images made from 8 draws."""
    torch.manual_seed(0)
    return inference(_generator(), torch.randn(8, 8))
