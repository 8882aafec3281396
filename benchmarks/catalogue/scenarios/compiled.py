"""The same practices under torch.compile: does the flag still matter once the graph is functionalized?"""

import functools
import shutil
from collections.abc import Callable
from dataclasses import replace

import torch

from benchmarks.catalogue.scenarios.scenario import Built, Scenario
from benchmarks.record import INPLACE, OUTOFPLACE

BACKEND = "inductor"
LACKING = None if any(map(shutil.which, ("c++", "g++", "clang++"))) else "no C++ compiler here for torch.compile"


def compiled(scenario: Scenario, **fields) -> Scenario:
    """A scenario whose forms' calls are compiled, whole and for the one scale of the case."""
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
            # Fused kernels round otherwise than the ones they stand for, and each form is fused by itself.
            "tolerance": max(scenario.tolerance, 1e-4),
            "lacking": scenario.lacking or LACKING,
            **fields,
        },
    )


def _build(scenario: Scenario, variant: str, scale: int) -> Built:
    form = scenario.build(variant, scale)
    return replace(form, call=_compile(form.call))


def _compile(call: Callable) -> Callable:
    return torch.compile(call, backend=BACKEND, dynamic=False)
