"""Shared by declarations of networks: both states of an in-place flag, image shapes, and what is expected of ReLU."""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn

from benchmarks.catalogue.scenarios.scenario import Shape
from benchmarks.record import Expectation


def flags(build: Callable[..., nn.Module], activation: Callable[..., nn.Module], **fixed: Any) -> dict[str, Any]:
    """Both variants of a network that differ in its activations' flag, and the code that a user writes."""
    name = f"nn.{activation.__name__}"
    out, into = (partial(build, activation=partial(activation, inplace=flag), **fixed) for flag in (False, True))
    return {"outofplace": out, "inplace": into, "code": (f"{name}()", f"{name}(inplace=True)")}


def image_shapes(side: int, channels: int = 3) -> Callable[[int], Shape]:
    return lambda batch: (batch, channels, side, side)


def held_expectation(relation: str, formula: str, factor: float | None = None) -> Expectation:
    """What torch's own gradient formula implies for the bytes held for backward."""
    return Expectation("step", "held", relation, f"derivatives.yaml: {formula}", factor=factor)


RELU_SAVES_MEMORY = Expectation(
    "step", "peak", "less", "pytorch/vision issue 807", "ReLU in place saves memory in training"
)
RELU_SAME_SPEED = Expectation("step", "time", "same", "eladhoffer/ImageNet-Training issue 1", "the speed is the same")
RELU_KEEPS_RESULT = held_expectation("same", "relu: threshold_backward(grad, result, 0)")
#: An activation needs no more than the layers around it.
LAYERS_DECIDE_PEAK = Expectation(
    "inference",
    "peak",
    "same",
    "by derivation: a convolution and batch norm, never in place, need input, result and shortcut at once",
)
