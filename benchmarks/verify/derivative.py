"""Is the gradient the derivative? A comparison of two variants does not show that both have the same wrong gradient.

For a user's own code, autograd's gradient is compared with central differences along random directions. This is done in
double precision, where differences of values give a derivative to eight digits. At ties and kinks a function has no
derivative. A random input is hardly ever within one step of such a place, and never within all of STEPS. A variant that
computes in less than float64 changes in jumps: then differences with several steps disagree, and the check is given up.
"""

import copy
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from benchmarks.catalogue.pair import CUSTOM
from benchmarks.inputs import Inputs, tensors
from benchmarks.nested import flat, mapped, unpacking
from benchmarks.record import PROSE, VARIANTS
from benchmarks.record.reason import typed_line
from benchmarks.tensors import reseed
from benchmarks.verify.ops import Disagreement
from benchmarks.verify.rounding import widened
from benchmarks.verify.writes import uncompiled
from benchmarks.workload import Workload

IS_DERIVATIVE = "is the derivative"

DIRECTIONS = 3
#: If a call takes longer than this, only one direction is checked.
SLOW_S = 0.2
#: Steps along a direction whose elements are about 1. A gradient is right if it agrees at one of them.
STEPS = (1e-6, 1e-5, 1e-8)
#: The largest error of a directional derivative, as a share of the gradient's norm, which is its usual size.
SHARE = 1e-3

Tensors = Sequence[torch.Tensor]


class _NotComparable(Exception):
    """A variant's derivative cannot be checked; the message says why."""


def check_derivative(prepared: Inputs | Workload) -> str:
    """Return IS_DERIVATIVE, or why it cannot be checked, in words. Disagreement if a gradient is not the derivative."""
    if prepared.pair.derivative == CUSTOM:
        return "declared to differ from the derivative"
    for variant in VARIANTS:
        try:
            with uncompiled(), torch.random.fork_rng(devices=[]):
                is_scenario = isinstance(prepared, Workload)
                wrong = _of_module(prepared, variant) if is_scenario else _of_op(prepared, variant)
        except _NotComparable as why:
            return f"not compared with the derivative: {why}"
        except Exception as error:  # a variant may refuse these dtypes in any way
            raised = f"in float64 the {PROSE[variant]} variant raises {typed_line(error)}"
            return f"not compared with the derivative: {raised}"
        if wrong:
            raise Disagreement(f"the gradient of the {PROSE[variant]} variant is not its derivative: {wrong}")
    return IS_DERIVATIVE


def _of_op(inputs: Inputs, variant: str) -> str:
    wider = widened(inputs)
    if not wider.leaves or not all(leaf.dtype == torch.float64 for leaf in wider.leaves):
        raise _NotComparable("its numbers are complex")
    subject = wider.subjects[variant]
    return _wrong(
        wider.leaves,
        wider.upstream,
        lambda: tensors(subject.call(subject.restore())),
        lambda: subject.backward(subject.call(subject.restore())) if subject.backward else (),
    )


def _of_module(workload: Workload, variant: str) -> str:
    built = workload.built[variant]
    if workload.pair.whole_step:
        raise _NotComparable("its call runs its own backward")
    if built.module is None or built.call is not built.module:
        raise _NotComparable("its variant is not a module that can run in float64")
    module: torch.nn.Module = copy.deepcopy(built.module).double()
    base = mapped(workload.base, _in_float64)
    leaves = [p for p in (*module.parameters(), *flat(base)) if p.requires_grad]
    buffers = [(buffer, buffer.clone()) for buffer in module.buffers()]

    def call() -> Tensors:
        with torch.no_grad():
            for buffer, old in buffers:
                buffer.copy_(old)
        reseed(flat(base)[0].device)
        return flat(unpacking(module, base)(mapped(base, torch.clone)))

    with torch.enable_grad():
        first = call()
    if not all(torch.equal(one, other) for one, other in zip(first, call(), strict=True)):
        raise _NotComparable("its calls give different values each time")
    places = [place for place, t in enumerate(first) if t.requires_grad]
    upstream = [torch.randn_like(first[place], requires_grad=False) for place in places]

    def results() -> Tensors:
        made = call()
        return [made[place] for place in places]

    return _wrong(
        leaves, upstream, results, lambda: torch.autograd.grad(results(), leaves, upstream, allow_unused=True)
    )


def _in_float64(t: torch.Tensor) -> torch.Tensor:
    values = t.detach().double() if t.is_floating_point() else t.detach()
    return values.requires_grad_(t.requires_grad)


def _wrong(
    leaves: Tensors, upstream: Tensors, values: Callable[[], Tensors], gradients: Callable[[], Sequence[Any]]
) -> str:
    """Return what is wrong with the gradients, in numbers along a random direction; empty if nothing is wrong."""
    began = time.perf_counter()
    with torch.enable_grad():
        own = [torch.zeros_like(leaf) if g is None else g for leaf, g in zip(leaves, gradients(), strict=True)]
    directions = 1 if time.perf_counter() - began > SLOW_S else DIRECTIONS
    norm = sum(float(g.square().sum()) for g in own) ** 0.5
    kept = [leaf.detach().clone() for leaf in leaves]
    for _ in range(directions):
        direction = [torch.randn_like(leaf, requires_grad=False) for leaf in leaves]
        by_gradient = sum(float((g * d).sum()) for g, d in zip(own, direction, strict=True))
        found: list[float] = []
        for step in STEPS:
            ahead, behind = (_results_at(leaves, kept, direction, sign * step, upstream, values) for sign in (1, -1))
            found.append((ahead - behind) / (2 * step))
            error = SHARE * max(norm, min(map(abs, found))) + 1e-9
            if abs(found[-1] - by_gradient) <= error:
                break
        else:
            if max(found) - min(found) > error:
                raise _NotComparable("its values do not change smoothly, perhaps computed in less than float64")
            return f"along a random direction values change by {found[0]:.4g}, by the gradient it is {by_gradient:.4g}"
    return ""


def _results_at(
    leaves: Tensors, kept: Tensors, direction: Tensors, step: float, upstream: Tensors, values: Callable[[], Tensors]
) -> float:
    """Return the sum of the results, weighted by the upstream gradients, with all leaves moved by a step."""
    with torch.no_grad():
        for leaf, old, d in zip(leaves, kept, direction, strict=True):
            leaf.copy_(old + step * d)
        try:
            return sum(float((t * u).sum()) for t, u in zip(values(), upstream, strict=True))
        finally:
            for leaf, old in zip(leaves, kept, strict=True):
                leaf.copy_(old)
