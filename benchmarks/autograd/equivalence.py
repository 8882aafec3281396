"""Right before fast: do the two variants of a case do the same work on this very input?"""

from collections.abc import Iterable
from typing import Any

import torch

from benchmarks.inputs import Inputs
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS

#: Relative and absolute tolerance of values and gradients, by dtype. In-place forms run the same kernels and are
#: bit-equal but for elu, celu and selu, whose gradient comes from the result (relative error 1e-6 in the domain).
TOLERANCE = {
    torch.float64: (1e-7, 1e-9),
    torch.float32: (2e-5, 1e-6),
    torch.bfloat16: (1.6e-2, 1e-2),
    torch.float16: (2e-3, 1e-3),
}


class Disagreement(AssertionError):
    """The variants do not do the same work; the message is the reason, in one line."""


def check(inputs: Inputs) -> None:
    """Raise Disagreement unless the variants agree: values, gradients, storage, untouched operands, sane numbers."""
    subjects = inputs.subjects
    operands = [t for t in (inputs.base, *inputs.others) if isinstance(t, torch.Tensor)]
    before = [t.detach().clone() for t in operands]
    results, gradients = {}, {}
    with torch.set_grad_enabled(inputs.records_graph):
        for variant in VARIANTS:
            x = subjects[variant].restore()
            tensor = x[0] if isinstance(x, tuple) else x
            result = subjects[variant].call(x)
            _check_storage(variant, tensor, result, inputs.base)
            results[variant] = result.detach()
            if inputs.records_graph:
                gradients[variant] = subjects[variant].backward(result)
    for tensor, old in zip(operands, before, strict=True):
        if not torch.equal(tensor.detach(), old):
            raise Disagreement("a variant writes an operand other than its own input")
    _check_sane("input", before)
    _check_close("values", [results[OUTOFPLACE]], [results[INPLACE]])
    if inputs.records_graph:
        _check_close("gradients", gradients[OUTOFPLACE], gradients[INPLACE])


def _check_storage(variant: str, x: torch.Tensor, result: Any, base: torch.Tensor) -> None:
    if not isinstance(result, torch.Tensor):
        raise Disagreement(f"the {_prose(variant)} form returns {type(result).__name__}, not a tensor")
    if variant == INPLACE:
        if result.data_ptr() != x.data_ptr() or result.shape != x.shape:
            raise Disagreement("the in-place form does not return its input: its result lies in other storage")
    elif not torch.equal(x.detach(), base.detach()):
        raise Disagreement("the out-of-place form writes its input")
    elif result.untyped_storage().data_ptr() == x.untyped_storage().data_ptr():
        raise Disagreement("the out-of-place form returns its input's storage: it allocates nothing to compare with")


def _check_sane(what: str, tensors: Iterable[torch.Tensor]) -> None:
    for tensor in tensors:
        if not (tensor.is_floating_point() and tensor.numel()):
            continue
        magnitude = tensor.detach().abs()
        if not bool(torch.isfinite(magnitude.max())):  # a maximum passes NaN on
            raise Disagreement(f"{what} not finite: timing would measure inf and NaN")
        smallest = magnitude.masked_fill_(magnitude == 0, torch.inf).min()
        if bool(smallest < torch.finfo(tensor.dtype).tiny):
            raise Disagreement(f"{what} denormal: timing would measure the slow path")


def _check_close(what: str, expected: Iterable[torch.Tensor], actual: Iterable[torch.Tensor]) -> None:
    for a, b in zip(expected, actual, strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            raise Disagreement(f"{what}: {a.dtype} {tuple(a.shape)} out-of-place, {b.dtype} {tuple(b.shape)} in-place")
        _check_sane(what, (a,))
        if torch.equal(a, b):
            continue
        _check_sane(what, (b,))
        relative, absolute = TOLERANCE.get(a.dtype, (0.0, 0.0))
        if not torch.allclose(a, b, rtol=relative, atol=absolute):
            error = ((a - b).abs() / a.abs().clamp_min(absolute or 1)).max().item()
            raise Disagreement(f"{what} differ between the variants, by up to {error:.2g} relative")


def _prose(variant: str) -> str:
    return "out-of-place" if variant == OUTOFPLACE else "in-place"
