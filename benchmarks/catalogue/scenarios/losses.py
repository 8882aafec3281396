"""Losses: chains of small steps on large tensors that end in one number."""

from collections.abc import Callable

import torch

from benchmarks.catalogue.scenarios.scenario import Built, Scenario, Shape, of_module
from benchmarks.models import losses
from benchmarks.models.critic import Critic, penalised_loss
from benchmarks.record import Expectation, Growth

_CLASSES, _FEATURES = 1000, 128
_KINDS = 80  # COCO's classes

_CHAIN = "by derivation: steps that save nothing (add, sub, products with constants) write where they read"
_SAVED = "derivatives.yaml: what these steps save for backward is the same in both variants"


def _boxes(shape: Shape) -> torch.Tensor:
    """Corners of boxes about as large as the gaps between them, so that half of the overlaps are clamped."""
    corners = torch.rand(shape[0], 2)
    return torch.cat((corners, corners + 0.1 + 0.5 * torch.rand(shape[0], 2)), dim=1)


def _smoothed(loss: Callable[..., torch.Tensor]) -> Callable[[int], Built]:
    def build(rows: int) -> Built:
        labels = torch.randint(_CLASSES, (rows,))
        return Built(lambda scores: loss(scores, labels))

    return build


def _focal(loss: Callable[..., torch.Tensor]) -> Callable[[int], Built]:
    def build(anchors: int) -> Built:
        labels = (torch.rand(anchors, _KINDS) < 0.01).float()
        return Built(lambda scores: loss(scores, labels))

    return build


def _overlap(loss: Callable[..., torch.Tensor]) -> Callable[[int], Built]:
    def build(boxes: int) -> Built:
        truth = _boxes((boxes, 4))
        return Built(lambda found: loss(found, truth))

    return build


def _penalty(inplace: bool) -> Callable[[], Built]:
    def build() -> Built:
        critic = Critic(inplace)
        return of_module(critic, lambda images: penalised_loss(critic, images))

    return build


SCENARIOS = (
    Scenario(
        "label_smoothing",
        _smoothed(losses.label_smoothing),
        _smoothed(losses.label_smoothing_),
        lambda rows: (rows, _CLASSES),
        "Cross-entropy with smoothed labels (classifiers, translation), the target distribution filled step by step.",
        axis="rows",
        scales=(1024, 256, 512, 2048, 4096),
        gpu_scales=(65536,),
        grad_input=True,
        code=("target = zeros.scatter(1, labels, 0.9) + rest", "target = zeros.scatter_(1, labels, 0.9).add_(rest)"),
        expects=(
            Expectation("forward", "time", "less", "by derivation: two of the six tensors are not made"),
            Expectation("step", "held", "same", _SAVED, "logarithms and target are held either way"),
            Expectation("forward", "peak", "same", "by derivation: the product with the target needs as much"),
        ),
    ),
    Scenario(
        "focal",
        _focal(losses.focal),
        _focal(losses.focal_),
        lambda anchors: (anchors, _KINDS),
        "The focal loss of detectors: a dozen elementwise steps over anchors and classes.",
        axis="anchors",
        scales=(4096, 1024, 2048, 8192, 16384),
        gpu_scales=(2**19,),
        grad_input=True,
        code=(
            "missed = p + y - 2 * p * y; (ce * missed.square() * weight).mean()",
            "missed = (p * y).mul_(-2).add_(p).add_(y); (ce * missed.square_()).mul_(weight).mean()",
        ),
        expects=(
            Expectation("forward", "time", "less", _CHAIN),
            Expectation("forward", "peak", "less", _CHAIN),
            Expectation("step", "held", "same", _SAVED),
            Expectation("step", "time", "less", _CHAIN),
        ),
        note="sigmoid's result, the cross-entropy and the weights are factors or saved: no step may write them",
    ),
    Scenario(
        "contrastive",
        lambda: Built(losses.contrastive),
        lambda: Built(losses.contrastive_),
        lambda rows: (rows, _FEATURES),
        "SimCLR's loss: every image against every other, scaled and with the diagonal masked.",
        axis="rows",
        scales=(512, 256, 1024, 2048),
        gpu_scales=(8192,),
        grad_input=True,
        code=(
            "s = v @ v.T / t; s = s.masked_fill(eye, -inf)",
            "s = (v @ v.T).div_(t); s.masked_fill_(eye, -inf)",
        ),
        expects=(
            Expectation("forward", "time", "less", "by derivation: two of four square matrices are not made"),
            Expectation("forward", "peak", "same", "by derivation: log_softmax needs matrix and result either way"),
            Expectation("step", "held", "same", _SAVED),
            Growth("forward", "peak", "inplace", 2.0, "by derivation: a square matrix"),
            Growth("forward", "peak", "outofplace", 2.0, "by derivation: square matrices"),
        ),
    ),
    Scenario(
        "giou",
        _overlap(losses.overlap),
        _overlap(losses.overlap_),
        lambda boxes: (boxes, 4),
        "The overlap of boxes as detectors are trained on it: differences and areas, clamped.",
        axis="boxes",
        scales=(2**15, 2**14, 2**16, 2**17),
        gpu_scales=(2**22,),
        draw=_boxes,
        grad_input=True,
        code=(
            "(minimum(...) - maximum(...)).clamp(min=0); (a + b - shared).clamp(min=small)",
            "minimum(...).sub_(maximum(...)).clamp_(min=0); a.add_(b).sub_(shared).clamp_(min=small)",
        ),
        expects=(
            Expectation("step", "held", "same", "derivatives.yaml: clamp needs the old self, which clamp_ clones"),
            Expectation("forward", "time", "same", "by derivation: the clones of clamp_ cost what sub_ and add_ save"),
            Expectation("inference", "time", "less", "by derivation: without a graph clamp_ clones nothing"),
        ),
    ),
    Scenario(
        "gradient_penalty",
        _penalty(inplace=False),
        _penalty(inplace=True),
        lambda images: (images, 3, 32, 32),
        "Wasserstein GANs: the norm of the critic's gradient is part of the loss, so backward is second order.",
        scales=(4, 2, 8, 16),
        gpu_scales=(512,),
        phases=("forward", "backward", "step"),
        code=("nn.LeakyReLU(0.2)", "nn.LeakyReLU(0.2, inplace=True)"),
        expects=(
            Expectation("step", "held", "less", "derivatives.yaml: leaky_relu saves self, leaky_relu_ the result"),
            Expectation("step", "time", "same", "by derivation: convolutions decide"),
        ),
        note="the forward phase holds the first-order backward",
    ),
)
