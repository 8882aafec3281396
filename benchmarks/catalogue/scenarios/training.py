"""How a training step is put together: gradients accumulated or zeroed, activations recomputed in backward."""

from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.catalogue.scenarios.scenario import Built, Scenario
from benchmarks.models.perceptron import CheckpointedBlocks, LeNet300
from benchmarks.record import Expectation, Growth

_ROWS, _WIDTH = 512, 64  # activations larger than parameters: there checkpoints pay
_MICRO_BATCH = 16
_ZERO_GRAD = "docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.zero_grad.html"
_NOTES = "docs.pytorch.org/docs/stable/notes/autograd.html: gradients accumulate into .grad"
_CHECKPOINT = (
    "docs.pytorch.org/docs/stable/checkpoint.html: inputs of checkpointed regions are saved, the rest recomputed"
)


def _losses(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> Iterator[torch.Tensor]:
    """The loss of each micro-batch, with its graph made on demand."""
    for rows, wanted in zip(images, labels, strict=True):
        yield F.cross_entropy(model(rows), wanted) / len(images)


def _accumulated(into_grad: bool) -> Callable[[int], Built]:
    """The gradients of all micro-batches: summed by backward into `.grad`, or from lists that autograd returns."""

    def build(micro_batches: int) -> Built:
        model = LeNet300()
        parameters = tuple(model.parameters())
        labels = torch.randint(10, (micro_batches, _MICRO_BATCH))

        def in_grad(images: torch.Tensor) -> list[torch.Tensor | None]:
            for loss in _losses(model, images, labels):
                loss.backward()
            gradients = [p.grad for p in parameters]
            model.zero_grad()  # releases the returned gradients from the parameters
            return gradients

        def in_lists(images: torch.Tensor) -> list[torch.Tensor]:
            losses = _losses(model, images, labels)
            gradients = list(torch.autograd.grad(next(losses), parameters))
            for loss in losses:
                new = torch.autograd.grad(loss, parameters)
                gradients = [a + b for a, b in zip(gradients, new, strict=True)]
            return gradients

        return Built(in_grad if into_grad else in_lists, parameters, module=model)

    return build


def _zeroed(set_to_none: bool) -> Callable[[], Built]:
    """Two steps of zero, forward and backward: backward makes the gradients, or adds to the first step's, zeroed."""

    def build() -> Built:
        model = LeNet300()
        parameters = tuple(model.parameters())
        labels = torch.randint(10, (_MICRO_BATCH,))

        def call(images: torch.Tensor) -> list[torch.Tensor | None]:
            for _ in range(2):
                model.zero_grad(set_to_none=set_to_none)
                F.cross_entropy(model(images), labels).backward()
            gradients = [p.grad for p in parameters]
            model.zero_grad()  # releases the returned gradients from the parameters
            return gradients

        return Built(call, parameters, module=model)

    return build


def _checkpointed(activation: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[int], nn.Module]:
    return lambda depth: CheckpointedBlocks(depth, _WIDTH, activation)


def _leaky_relu_(x: torch.Tensor) -> torch.Tensor:
    return F.leaky_relu(x, inplace=True)


def _silu_(x: torch.Tensor) -> torch.Tensor:
    return F.silu(x, inplace=True)


_OF_BLOCKS = {
    "axis": "depth",
    "scales": (4, 2, 8, 16),
    "gpu_shape": (2**16, _WIDTH),
    "phases": ("forward", "backward", "step"),
}
_HELD = (
    Expectation("step", "held", "same", _CHECKPOINT),
    Growth("forward", "held", "inplace", 1.0, _CHECKPOINT, "an input a block"),
    Growth("forward", "held", "outofplace", 1.0, _CHECKPOINT, "an input a block"),
)

SCENARIOS = (
    Scenario(
        "accumulate",
        _accumulated(into_grad=False),
        _accumulated(into_grad=True),
        lambda micro_batches: (micro_batches, _MICRO_BATCH, 784),
        "Gradient accumulation: one update for several micro-batches, as many as a batch that does not fit takes.",
        axis="micro-batches",
        scales=(4, 2, 8, 16),
        whole_step=True,
        phases=("step",),
        code=("grads = [a + b for a, b in zip(grads, autograd.grad(loss, params))]", "loss.backward()"),
        expects=(
            Expectation("step", "time", "less", f"{_NOTES}, in place where no graph of the gradient is made"),
            Expectation("step", "peak", "less", "by derivation: the sum and one layer's gradient, not three lists"),
            Growth("step", "time", "inplace", 1.0, "by derivation"),
            Growth("step", "time", "outofplace", 1.0, "by derivation"),
        ),
    ),
    Scenario(
        "zero_grad",
        _zeroed(set_to_none=True),
        _zeroed(set_to_none=False),
        (_MICRO_BATCH, 784),
        "Gradients zeroed where they are and added into by backward, against None and gradients that backward makes.",
        whole_step=True,
        phases=("step",),
        code=("model.zero_grad(); loss.backward()", "model.zero_grad(set_to_none=False); loss.backward()"),
        expects=(
            Expectation("step", "time", "more", _ZERO_GRAD, "set_to_none=True can modestly improve performance"),
            Expectation("step", "peak", "more", _ZERO_GRAD, "set_to_none=True has the lower memory footprint"),
        ),
        note="two steps, so that there are gradients to be zeroed: they live on beside the next backward's",
    ),
    Scenario(
        "checkpoint_leaky_relu",
        _checkpointed(F.leaky_relu),
        _checkpointed(_leaky_relu_),
        (_ROWS, _WIDTH),
        "Activation checkpointing with an in-place activation inside that keeps its result for backward.",
        code=("checkpoint(block with F.leaky_relu(x))", "checkpoint(block with F.leaky_relu_(x))"),
        expects=(
            *_HELD,
            Expectation(
                "forward", "peak", "less", "by derivation: within a block, one tensor as wide as four, not two"
            ),
            Expectation("step", "peak", "same", "by derivation: the activation's own backward decides, see the note"),
            Expectation("step", "time", "same", "by derivation: matrix products decide"),
        ),
        note="the activation's own backward needs three such tensors either way: two gradients and what was saved",
        **_OF_BLOCKS,
    ),
    Scenario(
        "checkpoint_silu",
        _checkpointed(F.silu),
        _checkpointed(_silu_),
        (_ROWS, _WIDTH),
        "Activation checkpointing with an in-place activation inside that clones its input for backward.",
        code=("checkpoint(block with F.silu(x))", "checkpoint(block with F.silu(x, inplace=True))"),
        expects=(
            *_HELD,
            Expectation("forward", "peak", "same", "derivatives.yaml: silu needs the old self, which silu_ clones"),
            Expectation("step", "peak", "same", "derivatives.yaml: silu needs the old self, which silu_ clones"),
            Expectation("step", "time", "same", "by derivation: matrix products decide"),
        ),
        note="a body that wrote its own input would raise, one that wrote what it captured would be silently wrong",
        **_OF_BLOCKS,
    ),
)
