"""The same scenarios under torch.compile: does the flag still matter once the graph is functionalized?

One per kind of code: an activation's flag in a network, a residual sum, a mask, steps of a recurrence, slices, a cache,
a loss, the input itself. Left out: code that compiles for minutes on two cores (decoder, U-Net, long unrolled cells),
and code that torch.compile skips or has its own kernels for (fused optimizers, checkpoints, autograd functions).
"""

import functools
import shutil
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import torch
from torch import nn

from benchmarks.catalogue.scenarios import activations, attention, caches, losses, recurrence, transformers, vision
from benchmarks.catalogue.scenarios.flags import flags, image_shapes
from benchmarks.catalogue.scenarios.scenario import Built, Scenario
from benchmarks.models.resnet import cifar_resnet
from benchmarks.record import INPLACE, OUTOFPLACE, Expectation

BACKEND = "inductor"
LACKING = None if any(map(shutil.which, ("c++", "g++", "clang++"))) else "no C++ compiler here for torch.compile"


def compiled_scenario(scenario: Scenario, **fields: Any) -> Scenario:
    """A scenario whose variants' calls are compiled as one graph, for the case's scale only."""
    return replace(
        scenario,
        name=f"{scenario.name}_compiled",
        outofplace=functools.partial(_build, scenario, OUTOFPLACE),
        inplace=functools.partial(_build, scenario, INPLACE),
        **{
            "code": tuple(f"torch.compile: {each}" for each in scenario.code),
            "scales": scenario.scales[:1],
            "gpu_scales": scenario.gpu_scales[:1],
            "phases": ("inference", "step"),
            # Fused kernels round differently from the ones they replace, and each variant is fused by itself.
            "tolerance": max(scenario.tolerance, 1e-4),
            "lacking": scenario.lacking or LACKING,
            **fields,
        },
    )


def _build(scenario: Scenario, variant: str, scale: int) -> Built:
    # Earlier cases compiled the same classes, which counts towards the limit of recompilations, where dynamo gives up.
    # Their code is not called any more, and nothing of this case has been called yet.
    torch._dynamo.reset()
    built = scenario.build(variant, scale)
    return replace(built, call=_compile(built.call))


def _compile(call: Callable) -> Callable:
    # fullgraph: a graph break, or too many recompilations, raises instead of silently running uncompiled.
    return torch.compile(call, backend=BACKEND, dynamic=False, fullgraph=True)


def _of(topic: ModuleType, name: str) -> Scenario:
    (found,) = (each for each in topic.SCENARIOS if each.name == name)
    return found


_SOURCE = "dev-discuss.pytorch.org/t/965: AOTAutograd functionalizes a graph, so both variants compile to the same one"


def _same(*phases: str) -> tuple[Expectation, ...]:
    return tuple(Expectation(phase, quantity, "same", _SOURCE) for phase in phases for quantity in ("time", "peak"))


_TRAINED = (*_same("step"), Expectation("step", "held", "same", _SOURCE))
#: Variants that differ in more than a flag have different graphs, compiled or not.
_SCATTERED = "by derivation: functionalized, each write makes all outputs anew (select_scatter), and so does backward"
_REINPLACED = "torch/_inductor/fx_passes/reinplace.py: index_put into a buffer of the graph's own is in place again"
#: Loops are unrolled into the graph: as many steps as compile in seconds.
_UNROLLED = {"scales": (8,), "gpu_scales": (8,)}

#: SiLU's flag costs a clone in eager mode (resnet20_silu); here in a network that compiles in seconds.
_SILU = Scenario(
    "resnet8_silu",
    **flags(cifar_resnet, nn.SiLU, depth=8),
    shape=image_shapes(32),
    scales=(2,),
    gpu_scales=(1024,),
    practice="SiLU(inplace=True) in a small residual network.",
)

SCENARIOS = (
    compiled_scenario(_of(activations, "resnet_elu_depth"), expects=_TRAINED, scales=(8,), gpu_scales=(8,)),
    compiled_scenario(_SILU, expects=_TRAINED),
    compiled_scenario(
        _of(vision, "normalise_images"),
        phases=("inference",),
        expects=(
            Expectation("inference", "time", "same", _SOURCE),
            Expectation("inference", "peak", "less", "by derivation: one loop, over the images or to a new tensor"),
        ),
    ),
    compiled_scenario(_of(attention, "attention_mask"), expects=_TRAINED),
    compiled_scenario(_of(transformers, "block_residual"), expects=_TRAINED),
    compiled_scenario(_of(recurrence, "leaky_fixed"), expects=_TRAINED, **_UNROLLED),
    compiled_scenario(
        _of(recurrence, "outputs_written"),
        expects=(
            Expectation("step", "time", "more", _SCATTERED),
            Expectation("step", "peak", "more", _SCATTERED),
        ),
        **_UNROLLED,
    ),
    compiled_scenario(
        _of(caches, "kv_index_copy"),
        phases=("inference",),
        expects=(
            Expectation("inference", "time", "less", _REINPLACED),
            Expectation("inference", "peak", "less", _REINPLACED),
        ),
        **_UNROLLED,
    ),
    compiled_scenario(_of(losses, "focal"), expects=_TRAINED),
)
