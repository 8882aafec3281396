"""Functional updates: what torch's own, in place, come to over several steps."""

import pytest
import torch

from benchmarks.models import updates

SHAPES = ((3, 4), (4,), ())


def some(seed: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, dtype=torch.float64, generator=generator) for shape in SHAPES]


def stepped(optimizer: torch.optim.Optimizer, parameters: list[torch.Tensor], steps: int) -> list[torch.Tensor]:
    for step in range(steps):
        for p, g in zip(parameters, some(step + 1), strict=True):
            p.grad = g
        optimizer.step()
    return parameters


def close(ours, expected) -> None:
    for one, other in zip(ours, expected, strict=True):
        torch.testing.assert_close(one, other.detach())


def test_sgd_with_momentum():
    parameters, buffers = some(0), [torch.zeros_like(p) for p in some(0)]
    for step in range(3):
        result = updates.sgd(parameters, some(step + 1), buffers)
        parameters, buffers = result[:3], result[3:]
    theirs = some(0)
    close(parameters, stepped(torch.optim.SGD(theirs, updates.LEARNING_RATE, updates.MOMENTUM), theirs, 3))


def test_adam():
    parameters, means, squares = some(0), *([torch.zeros_like(p) for p in some(0)] for _ in range(2))
    for step in range(3):
        result = updates.adam(parameters, some(step + 1), means, squares, step + 1)
        parameters, means, squares = result[:3], result[3:6], result[6:]
    theirs = some(0)
    close(parameters, stepped(torch.optim.Adam(theirs, updates.LEARNING_RATE, updates.BETAS), theirs, 3))


@pytest.mark.parametrize("share", [0.01, 10.0])
def test_clipped_norm(share):
    gradients = [g * share for g in some(0)]
    before = torch.nn.utils.get_total_norm(gradients)
    after = torch.nn.utils.get_total_norm(updates.clip(gradients))
    torch.testing.assert_close(after, before.clamp(max=updates.MOST_NORM), rtol=1e-5, atol=0)


def test_unscaled_finds_what_overflowed():
    *gradients, overflown = updates.unscale([torch.full((2,), updates.SCALE), torch.ones(1)])
    assert torch.equal(gradients[0], torch.ones(2)) and overflown == 0
    for bad in (torch.inf, torch.nan):
        assert updates.unscale([torch.ones(2), torch.tensor([1.0, bad])])[-1] == 1


def test_averaged_moves_towards_the_parameters():
    (average,) = updates.lerp([torch.zeros(2)], [torch.ones(2)])
    torch.testing.assert_close(average, torch.full((2,), 1 - updates.DECAY))
