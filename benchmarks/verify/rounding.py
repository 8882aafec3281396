"""How far each variant of an op is from double precision, if the two round differently."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from benchmarks.inputs import Inputs, tensors
from benchmarks.record import OUTOFPLACE, VARIANTS
from benchmarks.verify.agreement import largest_error
from benchmarks.verify.writes import uncompiled

_WIDER = {
    torch.float16: torch.float64,
    torch.bfloat16: torch.float64,
    torch.float32: torch.float64,
    torch.complex64: torch.complex128,
}

#: Larger inputs are not checked: `running.limits` does not count the memory for double precision.
MOST_NUMEL = 2**24


def rounding_errors(inputs: Inputs, results: Mapping[str, Sequence[torch.Tensor]]) -> dict[str, float] | None:
    """Return per variant its largest difference from out-of-place in double precision, as a share of the largest value.

    None if there is no result in double precision (see `exact_results`).
    """
    exact = exact_results(inputs)
    if exact is None or any(len(each) != len(exact) for each in results.values()):
        return None
    return {
        variant: max(
            (largest_error(e, r.to(e.dtype)) for e, r in zip(exact, results[variant], strict=True)), default=0.0
        )
        for variant in VARIANTS
    }


def exact_results(inputs: Inputs) -> tuple[torch.Tensor, ...] | None:
    """Return the out-of-place results for the same inputs in double precision.

    None for random ops, large inputs and dtypes without a wider one, and if the op refuses double precision.
    """
    has_wider = all(t.dtype in _WIDER for t in tensors(inputs.base))
    if inputs.pair.random or inputs.case.numel > MOST_NUMEL or not has_wider:
        return None
    try:
        wider = widened(inputs)
        with torch.no_grad(), uncompiled():
            subject = wider.subject(OUTOFPLACE)
            exact = tensors(subject.call(subject.restore()))
    except Exception:  # a variant may refuse these dtypes in any way; nothing else depends on this
        return None
    return None if any(each.dtype not in _WIDER.values() for each in exact) else exact


def widened(inputs: Inputs) -> Inputs:
    """Return inputs with the same values in double precision, in new tensors that require grad if the old ones do."""
    return replace(inputs, base=_widened(inputs.base), others=tuple(map(_widened, inputs.others)))


def _widened(values: Any) -> Any:
    if isinstance(values, torch.Tensor):
        wider = values.detach().to(_WIDER.get(values.dtype, values.dtype), copy=True)
        return wider.requires_grad_(values.requires_grad)
    return [_widened(each) for each in values] if isinstance(values, list) else values
