"""Losses in two variants: out of place, and (names with underscore) with every in-place step that autograd allows.

What an op saved for backward may not be written: a softmax's or a sigmoid's result, a factor of a product. What no op
saved may: a sum, a difference, a product's result, a scaled or masked matrix. All return a scalar.
"""

import torch
from torch.nn import functional as F

SMOOTHING = 0.1
TEMPERATURE = 0.5
ALPHA = 0.25
#: Keeps quotients of areas finite.
SMALL = 1e-7


def label_smoothing(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy with the smoothed label distribution (arXiv:1512.00567): (n, classes) and (n,)."""
    rest, places = SMOOTHING / scores.shape[1], labels[:, None]
    target = torch.zeros_like(scores, requires_grad=False).scatter(1, places, 1 - SMOOTHING) + rest
    return -(F.log_softmax(scores, dim=1) * target).sum(1).mean()


def label_smoothing_(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The same; only the target is filled in place, since softmax's result is saved."""
    rest, places = SMOOTHING / scores.shape[1], labels[:, None]
    target = torch.zeros_like(scores, requires_grad=False).scatter_(1, places, 1 - SMOOTHING).add_(rest)
    return (F.log_softmax(scores, dim=1) * target).sum(1).mean().neg_()


def focal(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The focal loss of RetinaNet (arXiv:1708.02002), gamma 2: (anchors, classes) and labels 0 or 1 of that shape."""
    chance = scores.sigmoid()
    missed = chance + labels - 2 * chance * labels  # 1 - p_t: how far from the label
    weight = ALPHA * labels + (1 - ALPHA) * (1 - labels)
    loss = F.binary_cross_entropy_with_logits(scores, labels, reduction="none")
    return (loss * missed.square() * weight).mean()


def focal_(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The same, in place; square_ clones the value that it overwrites."""
    chance = scores.sigmoid()
    missed = (chance * labels).mul_(-2).add_(chance).add_(labels)
    weight = (1 - labels).mul_(1 - ALPHA).add_(labels, alpha=ALPHA)
    loss = F.binary_cross_entropy_with_logits(scores, labels, reduction="none")
    return (loss * missed.square_()).mul_(weight).mean()


def contrastive(vectors: torch.Tensor) -> torch.Tensor:
    """SimCLR's loss (arXiv:2002.05709): (2n, features), where i and i + n are two views of one image."""
    vectors = F.normalize(vectors)
    likeness = vectors @ vectors.T / TEMPERATURE
    likeness = likeness.masked_fill(_itself(likeness), -torch.inf)
    return F.cross_entropy(likeness, _partners(likeness))


def contrastive_(vectors: torch.Tensor) -> torch.Tensor:
    """The same, in place."""
    vectors = F.normalize(vectors)
    likeness = (vectors @ vectors.T).div_(TEMPERATURE)
    likeness.masked_fill_(_itself(likeness), -torch.inf)
    return F.cross_entropy(likeness, _partners(likeness))


def _itself(square: torch.Tensor) -> torch.Tensor:
    return torch.eye(len(square), dtype=torch.bool, device=square.device)


def _partners(square: torch.Tensor) -> torch.Tensor:
    return torch.arange(len(square), device=square.device).roll(len(square) // 2)


def overlap(boxes: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """The generalised IoU loss (arXiv:1902.09630): twice (n, 4), boxes as left, top, right, bottom."""
    both = (torch.minimum(boxes[:, 2:], truth[:, 2:]) - torch.maximum(boxes[:, :2], truth[:, :2])).clamp(min=0)
    shared = both[:, 0] * both[:, 1]
    union = (_area(boxes) + _area(truth) - shared).clamp(min=SMALL)
    around = torch.maximum(boxes[:, 2:], truth[:, 2:]) - torch.minimum(boxes[:, :2], truth[:, :2])
    hull = (around[:, 0] * around[:, 1]).clamp(min=SMALL)
    return (1 - shared / union + (hull - union) / hull).mean()


def overlap_(boxes: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """The same, in place; clamp_ clones the value that it overwrites."""
    both = torch.minimum(boxes[:, 2:], truth[:, 2:]).sub_(torch.maximum(boxes[:, :2], truth[:, :2])).clamp_(min=0)
    shared = both[:, 0] * both[:, 1]
    union = _area(boxes).add_(_area(truth)).sub_(shared).clamp_(min=SMALL)
    around = torch.maximum(boxes[:, 2:], truth[:, 2:]).sub_(torch.minimum(boxes[:, :2], truth[:, :2]))
    hull = (around[:, 0] * around[:, 1]).clamp_(min=SMALL)
    return (shared / union).neg_().add_(1).add_((hull - union).div_(hull)).mean()


def _area(boxes: torch.Tensor) -> torch.Tensor:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
