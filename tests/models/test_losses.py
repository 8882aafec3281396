"""Losses against torch's own where it has them, and against the definition where not."""

import pytest
import torch
from torch.nn import functional as F

from benchmarks.models import losses
from benchmarks.models.critic import Critic, penalised_loss


def both(name: str):
    return pytest.mark.parametrize("loss", [getattr(losses, name), getattr(losses, f"{name}_")], ids=[name, f"{name}_"])


@both("label_smoothing")
def test_label_smoothing_is_torchs(loss):
    scores, labels = torch.randn(6, 5, dtype=torch.float64), torch.randint(5, (6,))
    torch.testing.assert_close(loss(scores.clone(), labels), F.cross_entropy(scores, labels, label_smoothing=0.1))


@both("focal")
def test_focal(loss):
    scores, labels = torch.randn(6, 5, dtype=torch.float64), (torch.rand(6, 5) < 0.5).double()
    chance = torch.where(labels == 1, scores.sigmoid(), 1 - scores.sigmoid())
    weight = torch.where(labels == 1, 0.25, 0.75)
    torch.testing.assert_close(loss(scores.clone(), labels), (-weight * (1 - chance) ** 2 * chance.log()).mean())


@both("contrastive")
def test_contrastive(loss):
    vectors = torch.randn(6, 5, dtype=torch.float64)
    likeness = F.cosine_similarity(vectors[:, None], vectors[None], dim=2) / 0.5
    expected = 0.0
    for i in range(6):
        others = [likeness[i, j].exp() for j in range(6) if j != i]
        expected -= (likeness[i, (i + 3) % 6].exp() / sum(others)).log() / 6
    torch.testing.assert_close(loss(vectors.clone()), expected)


@both("overlap")
def test_overlap_of_known_boxes(loss):
    boxes = torch.tensor([[0.0, 0, 2, 2], [0, 0, 1, 1], [0, 0, 1, 1]])
    truth = torch.tensor([[0.0, 0, 2, 2], [2, 0, 3, 1], [0.5, 0, 1.5, 1]])
    # The same box; apart, a third of the hull between them; half of each shared, the hull full.
    expected = torch.tensor([0.0, 1 + 1 / 3, 1 - 1 / 3]).mean()
    torch.testing.assert_close(loss(boxes, truth), expected)


def test_the_penalty_is_none_where_the_gradient_has_norm_one():
    images = torch.randn(3, 4)
    steep = torch.tensor([3.0, 0, 0, 0])
    torch.testing.assert_close(penalised_loss(lambda x: x @ steep, images), (images @ steep).mean() + 10 * 2.0**2)


def test_the_penalty_reaches_every_weight_of_the_critic():
    critic = Critic(inplace=True)
    gradients = torch.autograd.grad(penalised_loss(critic, torch.randn(2, 3, 32, 32)), tuple(critic.parameters()))
    assert all(g.abs().sum() > 0 for g in gradients)
