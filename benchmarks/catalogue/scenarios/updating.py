"""An update of a language model's weights as a variant: torch.optim's, or functions on lists that return new ones."""

from collections.abc import Callable

import torch

from benchmarks.catalogue import shapes
from benchmarks.catalogue.scenarios.scenario import Built
from benchmarks.models import updates
from benchmarks.models.encoder import Encoder
from benchmarks.models.updates import Tensors

Builder = Callable[[int], Built]


def model(scale: int) -> Encoder:
    """A language model with `scale` parameters, split as shapes.parameters says."""
    return Encoder(*shapes.parameters(scale)[0])


def tokens(shape: shapes.Shape) -> torch.Tensor:
    """The model's input: (sequences, tokens)."""
    return torch.randint(128, shape)  # below the smallest scale's vocabulary


def _moments(parameters: Tensors, count: int) -> list[list[torch.Tensor]]:
    """`count` lists of an optimizer's moments: small, above zero, none denormal."""
    return [[torch.empty_like(p, requires_grad=False).uniform_(1e-5, 1e-4) for p in parameters] for _ in range(count)]


def functional(rule: Callable[..., Tensors], count: int, *more: int) -> Builder:
    """`rule(parameters, gradients, *moments, *more)`, which returns new parameters and moments."""

    def build(scale: int) -> Built:
        module = model(scale)
        parameters = tuple(module.parameters())
        moments = _moments(parameters, count)
        read = [*parameters, *(t for moment in moments for t in moment)]
        return Built(
            module, parameters, update=lambda gs: rule(parameters, gs, *moments, *more), module=module, read=read
        )

    return build


def torch_optim(kind: Callable[..., torch.optim.Optimizer], kept: tuple[str, ...], **how: bool | float) -> Builder:
    """An optimizer of torch.optim after its first step; `kept` names its moments, set equal to `functional`'s."""

    def build(scale: int) -> Built:
        module = model(scale)
        parameters = tuple(module.parameters())
        moments = _moments(parameters, len(kept))
        optimizer = kind(parameters, lr=updates.LEARNING_RATE, **how)
        results = [*parameters, *(t for moment in moments for t in moment)]

        def update(gradients: Tensors) -> Tensors:
            _hand_over(parameters, gradients)
            optimizer.step()
            optimizer.zero_grad()
            return results

        # Makes the optimizer's state, and moves nothing. Users make it outside of `torch.device`: inside, torch before
        # 2.13 puts Adam's step counts on the GPU, and every step waits for them.
        with torch.device("cpu"):
            update([torch.zeros_like(p) for p in parameters])
        for name, moment in zip(kept, moments, strict=True):
            for p, t in zip(parameters, moment, strict=True):
                optimizer.state[p][name] = t
        steps = [state["step"] for state in optimizer.state.values() if "step" in state]
        return Built(module, parameters, (*results, *steps), update, module)

    return build


def _hand_over(parameters: Tensors, gradients: Tensors) -> None:
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = g


def of_gradients(update: Callable[[Tensors], Tensors]) -> Builder:
    """A change of the gradients between backward and the optimizer; the measured step ends with it."""

    def build(scale: int) -> Built:
        module = model(scale)
        return Built(module, tuple(module.parameters()), update=update, module=module)

    return build


@torch.no_grad()
def clip_(gradients: Tensors) -> Tensors:
    """Scale the gradients down together in place, as torch.nn.utils.clip_grad_norm_ does."""
    torch._foreach_mul_(gradients, updates.share_kept(gradients))  # pyright: ignore[reportPrivateImportUsage]  # no public name
    return gradients


def unscale_(gradients: Tensors) -> Tensors:
    """Divide the gradients in place by the loss's scale; then whether any is infinite or NaN (0 or 1)."""
    overflown = torch.zeros((), device=gradients[0].device)
    inverse = torch.full((), 1 / updates.SCALE, device=gradients[0].device)
    torch._amp_foreach_non_finite_check_and_unscale_(gradients, overflown, inverse)  # pyright: ignore[reportPrivateImportUsage]  # as GradScaler.unscale_; no public name
    return [*gradients, overflown]


def average(write: Callable[[Tensors, Tensors], Tensors], written: bool) -> Builder:
    """`write(averages, parameters)`, which does not use gradients: it follows the optimizer's step."""

    def build(scale: int) -> Built:
        module = model(scale)
        parameters = tuple(module.parameters())
        averages = [p.detach() * 0.9 for p in parameters]
        state, read = (averages, []) if written else ([], averages)
        return Built(module, parameters, state, lambda _: write(averages, parameters), module, read)

    return build


@torch.no_grad()
def lerp_(averages: Tensors, parameters: Tensors) -> Tensors:
    """Move the averages towards the parameters in place, one tensor after another."""
    for a, p in zip(averages, parameters, strict=True):
        a.lerp_(p, 1 - updates.DECAY)
    return averages


@torch.no_grad()
def foreach_lerp_(averages: Tensors, parameters: Tensors) -> Tensors:
    """The same for all tensors at once."""
    torch._foreach_lerp_(averages, parameters, 1 - updates.DECAY)  # pyright: ignore[reportPrivateImportUsage]  # no public name
    return averages
