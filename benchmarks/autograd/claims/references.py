"""References decide: an in-place activation lowers the training peak only if something else would hold its input."""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F

from benchmarks.autograd.claims.claim import Claim, Setting
from benchmarks.autograd.evidence import NotAvailable
from benchmarks.autograd.record.findings import Observation
from benchmarks.measure.memory import UncountedError, measure_memory

_SHAPE = (1, 8, 64, 64)  #: 128 KiB per feature map in float32
_LAYERS, _BLOCKS = 6, 4
_MIB = 2**20

_ACTIVATIONS: dict[str, Callable] = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "silu": F.silu,
}


def _temporary(x: torch.Tensor, weights: list, activation: Callable) -> torch.Tensor:
    """Convolution and activation: no name refers to the pre-activation."""
    for weight in weights:
        x = activation(F.conv2d(x, weight, padding=1))
    return x.sum()


def _held(x: torch.Tensor, weights: list, activation: Callable) -> torch.Tensor:
    """The same, but every pre-activation is kept until the step ends, as in a module's attribute."""
    kept = []
    for weight in weights:
        kept.append(F.conv2d(x, weight, padding=1))
        x = activation(kept[-1])
    loss = x.sum()
    loss.kept = kept  # pyright: ignore[reportAttributeAccessIssue]  # a tensor takes any attribute
    return loss


def _residual(x: torch.Tensor, weights: list, activation: Callable) -> torch.Tensor:
    for first, second in zip(weights[::2], weights[1::2], strict=True):
        x = activation(F.conv2d(activation(F.conv2d(x, first, padding=1)), second, padding=1) + x)
    return x.sum()


_NETWORKS: dict[str, tuple[Callable, int]] = {
    f"{_LAYERS} convolutions, pre-activations temporary": (_temporary, _LAYERS),
    f"{_LAYERS} convolutions, pre-activations held": (_held, _LAYERS),
    f"residual network of {_BLOCKS} blocks": (_residual, 2 * _BLOCKS),
}


def step_peak_bytes(network: Callable, layers: int, activation: Callable, device: str) -> int:
    """Highest live bytes of a training step, beyond the weights; exact."""
    channels = _SHAPE[1]
    shape = (channels, channels, 3, 3)
    weights = [torch.full(shape, 0.01, device=device, requires_grad=True) for _ in range(layers)]
    base = torch.ones(_SHAPE, device=device)

    def backward(result: torch.Tensor) -> tuple:
        return torch.autograd.grad(result, weights)

    try:
        counted = measure_memory(base.clone, lambda x: network(x, weights, activation), backward, device)
    except UncountedError as error:
        raise NotAvailable(str(error)) from error
    assert counted.step_peak_bytes is not None  # the step has a graph
    return counted.step_peak_bytes


def references_decide(setting: Setting) -> Iterator[Observation]:
    for network_name, (network, layers) in _NETWORKS.items():
        for name, activation in _ACTIVATIONS.items():
            out, inplace = (
                step_peak_bytes(network, layers, lambda x, f=activation, i=i: f(x, inplace=i), setting.device)
                for i in (False, True)
            )
            seen = f"{out:,} -> {inplace:,} bytes ({out / _MIB:.2f} -> {inplace / _MIB:.2f} MiB)"
            yield Observation(f"{network_name}, {name}", seen, inplace < out)


CLAIMS = (
    Claim(
        "references-decide",
        "nn.ReLU(inplace=True) and its kin lower the peak of a training step",
        "ReLU(inplace=True) halves memory (from Lua Torch, where each module kept its output)",
        references_decide,
    ),
)
