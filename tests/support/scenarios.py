"""Small scenarios with known results, and their cases."""

import math

import torch
from torch import nn

from benchmarks.catalogue.scenarios import Built, Scenario
from benchmarks.record import Case


def net(inplace: bool) -> nn.Module:
    """Return a net with a batch norm, which keeps running statistics, and a LeakyReLU that may be in place."""
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.LeakyReLU(inplace=inplace), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(4 * 8 * 8, 2))


def scenario(name: str = "net", outofplace=lambda: net(False), inplace=lambda: net(True), **fields) -> Scenario:
    """Return a scenario of two modules, of `net` by default."""
    return Scenario(name, outofplace, inplace, **{"shape": lambda n: (n, 3, 8, 8), "scales": (2, 4), **fields})


def vectors(outofplace, inplace, **fields) -> Scenario:
    """Return a scenario of two functions of a vector with `scale` elements. Each may also be a `Built`."""
    variants = [each if isinstance(each, Built) else Built(each) for each in (outofplace, inplace)]
    fields = {"shape": lambda n: (n,), "grad_input": True, "scales": (64,), **fields}
    return Scenario("vectors", lambda: variants[0], lambda: variants[1], **fields)


def case_of(declared: Scenario, phase: str = "step", scale: int = 0) -> Case:
    """Return a case of a scenario on the CPU, at its smallest scale by default."""
    scale = scale or declared.scales[0]
    shape = declared.shape_at(scale)
    fixed = ("float32", "contiguous", "none", False, "cpu", "retained", 1)
    return Case("scenarios", declared.name, phase, math.prod(shape), shape, *fixed, scale)


def sgd(lr: float = 0.5, skip: bool = False) -> Built:
    """Return a linear map and its update in place. `skip`: do not declare that it writes the weight."""
    weight = nn.Parameter(torch.ones(3))

    def update(gradients):
        with torch.no_grad():
            weight.sub_(gradients[0], alpha=lr)
        return (weight,)

    return Built(lambda x: x.view(-1, 1) * weight, (weight,), () if skip else (weight,), update)
