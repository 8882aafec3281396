"""Does a gradient lie between the slopes on both sides? At a tie or a kink there is no single derivative."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.autograd.safety.compare import gradients, without_warnings
from benchmarks.autograd.safety.tiny_pair import TinyPair
from benchmarks.inputs import tensors
from benchmarks.tensors import sample

#: Steps per element: two, since a slope that grows as the step shrinks has no limit. In float64 both give six digits.
STEPS = (1e-6, 1e-8)
#: How far a gradient may lie outside, and the slopes of two steps may differ, as a share of the slope.
SHARE = 1e-3
#: Most elements checked per leaf; each costs four calls.
MOST = 96

#: Results of a variant at the current values of the leaves.
Call = Callable[[], Sequence[torch.Tensor]]


@dataclass(frozen=True)
class Place:
    """An element of a leaf, both by number: leaves of the input come first, then those of the other operand."""

    leaf: int
    element: int


def wrong_slope(tiny: TinyPair, variant: Callable[..., Any], places: Sequence[Place]) -> str:
    """Where a variant's gradient lies outside the slopes, with all three values; empty if nowhere.

    `tiny` is in float64. Skipped: an element whose own result is not finite, or with no finite slope on either side.
    """
    own, others = tiny.leaves(), tiny.other_leaves()
    leaves = [*own, *others]

    def call() -> Sequence[torch.Tensor]:
        return tensors(variant(tiny.as_input([t.clone() for t in own]), tiny.others_with(others)))

    with without_warnings():
        outs = call()
        found, weights = gradients(outs, leaves), _weights(outs)
        with torch.no_grad():
            for place in places:
                if place.element >= MOST or not _is_finite_at(place, leaves, outs):
                    continue
                leaf, gradient = leaves[place.leaf].detach().flatten(), found[place.leaf]
                slopes = [_slope(call, outs, weights, leaves[place.leaf], place.element, sign) for sign in (1, -1)]
                own_slope = 0.0 if gradient is None else float(gradient.flatten()[place.element])
                if _outside(own_slope, slopes):
                    name = "x" if place.leaf < len(own) else "other"
                    sides = " and ".join(f"{slope:.3g}" for slope in sorted(s for s in slopes if not math.isnan(s)))
                    at = float(leaf[place.element]) + 0.0  # +0.0 turns -0 into 0
                    return f"at {name} = {at:.3g} the gradient is {own_slope:.3g}, slopes are {sides}"
    return ""


def _is_finite_at(place: Place, leaves: Sequence[torch.Tensor], outs: Sequence[torch.Tensor]) -> bool:
    """Whether the result at that place is finite, for results that are elementwise in the leaf."""
    out = outs[place.leaf % len(outs)]
    return out.shape != leaves[place.leaf].shape or bool(out.detach().flatten()[place.element].isfinite())


def _weights(outs: Sequence[torch.Tensor]) -> list[torch.Tensor | None]:
    """For each result the upstream gradient that `gradients` takes; None for one without a graph."""
    number, found = itertools.count(), []
    for out in outs:
        has_graph = out.requires_grad
        role = f"upstream {next(number)}" if has_graph else ""
        found.append(sample("real", out.shape, out.dtype, out.device, role) if has_graph else None)
    return found


def _slope(
    call: Call,
    outs: Sequence[torch.Tensor],
    weights: Sequence[torch.Tensor | None],
    leaf: torch.Tensor,
    element: int,
    sign: int,
) -> float:
    """How fast the weighted results change to one side: infinite if there is no limit, NaN if undefined."""
    at = leaf.detach().view(-1)
    kept, found = at[element].clone(), []
    for step in STEPS:
        at[element] = kept + sign * step
        try:
            found.append(_change(outs, call(), weights) / (sign * step))
        finally:
            at[element] = kept
    if not all(map(math.isfinite, found)):
        return math.nan
    first, last = found
    grows = abs(last - first) > SHARE * max(1.0, abs(first))
    return math.copysign(math.inf, last) if grows else first


def _change(
    before: Sequence[torch.Tensor], after: Sequence[torch.Tensor], weights: Sequence[torch.Tensor | None]
) -> float:
    """The sum of changes, each weighted by its result's upstream gradient; equal infinities count as no change."""
    total = 0.0
    for old, new, weight in zip(before, after, weights, strict=True):
        if weight is not None:
            same = (old == new) | (old.isnan() & new.isnan())
            total += float((torch.where(same, 0.0, new - old) * weight).sum())
    return total


def _outside(gradient: float, slopes: Sequence[float]) -> bool:
    if not any(map(math.isfinite, slopes)):
        return False
    known = [slope for slope in slopes if not math.isnan(slope)]
    room = SHARE * max(1.0, *(abs(slope) for slope in known if math.isfinite(slope)))
    return not min(known) - room <= gradient <= max(known) + room
