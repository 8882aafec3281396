"""Precision: how far, and where, the gradients of both variants differ in float32, also outside the usual domain."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from benchmarks.autograd.record.safety import WORKS, WRONG, SafetyCell
from benchmarks.autograd.safety.compare import Tensors, compare_results, gradients, limit, relative_differences
from benchmarks.autograd.safety.refusals import NoCaseError
from benchmarks.autograd.safety.tiny_pair import TinyPair, shape_of, tiny_pair
from benchmarks.catalogue.domains import value_domain
from benchmarks.inputs import tensors

#: Elements of an input, and the range of their magnitudes.
NUMEL = 1024
LEAST, MOST = 1e-4, 1e2


def agreement(tiny: TinyPair) -> SafetyCell:
    """Compare the gradients of input and other operand: inside the domain, and for magnitudes over six decades."""
    case = tiny.inputs.case
    if not tiny.differentiable:
        raise NoCaseError(f"{case.dtype} has no gradient")
    drawn = tiny_pair(tiny.pair, case.dtype, case.device, shape_of(tiny.pair, NUMEL), case.other_requires_grad)
    both = (drawn, spread(drawn))
    at = [t for each in both for t in (*each.leaves(), *each.other_leaves())]

    def gradients_by(variant: Callable[[TinyPair], Callable]) -> Callable[[], Tensors]:
        return lambda: [gradient for each in both for gradient in _gradients(each, variant(each))]

    return compare_results(
        gradients_by(lambda each: each.outofplace),
        gradients_by(lambda each: each.inplace),
        lambda expected, got: largest_difference(at, expected, got),
    )


def spread(tiny: TinyPair) -> TinyPair:
    """The same with magnitudes spread evenly on a logarithmic scale; both signs if the domain is signed."""

    def values(t: torch.Tensor) -> torch.Tensor:
        magnitudes = torch.logspace(math.log10(LEAST), math.log10(MOST), t.numel(), dtype=torch.float64)
        if value_domain(tiny.pair.domain).signed:
            magnitudes[1::2] *= -1
        return magnitudes.view(t.shape).to(device=t.device, dtype=t.dtype)

    base = tiny.inputs.base
    drawn = [values(t) for t in base] if isinstance(base, list) else values(base)
    return replace(tiny, inputs=replace(tiny.inputs, base=drawn))


def _gradients(tiny: TinyPair, variant: Callable) -> Tensors:
    own, others = tiny.leaves(), tiny.other_leaves()
    result = variant(tiny.as_input([t.clone() for t in own]), tiny.others_with(others))
    return gradients(tensors(result), [*own, *others])


def largest_difference(at: Sequence[torch.Tensor], expected: Tensors, got: Tensors) -> SafetyCell:
    """The largest relative difference; the text has the value there, both gradients, and the range beyond the limit."""
    worst, text = 0.0, ""
    for values, a, b in zip(at, expected, got, strict=True):
        if a is None and b is None:
            continue
        a, b = (torch.zeros_like(values) if t is None else t for t in (a, b))
        off = relative_differences(a, b, smallest=torch.finfo(a.dtype).tiny)
        if float(off.max()) <= worst:
            continue
        worst, place = float(off.max()), int(off.argmax())
        a, b, x = (float(t.flatten()[place]) + 0.0 for t in (a, b, values.detach()))  # +0.0 turns -0 into 0
        text = f"at {x:.3g}: {a:.3g} out-of-place, {b:.3g} in-place"
        beyond = values.detach()[off > limit(values)]
        if beyond.numel():
            text += f"; over {limit(values):g} between {float(beyond.min()):.3g} and {float(beyond.max()):.3g}"
    return SafetyCell(WRONG if worst > limit(*at) else WORKS, text, worst)
