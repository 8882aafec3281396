"""Do the two variants of an op's case do the same work on this input?"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import torch

from benchmarks.catalogue.draws import Dropped
from benchmarks.inputs import Inputs, tensors
from benchmarks.record import INPLACE, OUTOFPLACE, PROSE, VARIANTS
from benchmarks.verify.agreement import Agreement, agreement_of, where_different
from benchmarks.verify.change import is_below_resolution, wrong_change
from benchmarks.verify.rounding import exact_results, rounding_errors
from benchmarks.verify.state import SetupState, wrong_state
from benchmarks.verify.writes import tensors_of, watch_call

#: Relative and absolute tolerance of values and gradients, by dtype. In-place variants run the same kernels and are
#: equal bit by bit, except elu, celu and selu: in-place, their gradient comes from the result (relative error 1e-6 in
#: the domain). Integers and bools must be equal.
TOLERANCE = {
    torch.float64: (1e-7, 1e-9),
    torch.float32: (2e-5, 1e-6),
    torch.bfloat16: (1.6e-2, 1e-2),
    torch.float16: (2e-3, 1e-3),
    torch.complex64: (2e-5, 1e-6),
}

#: How many elements of a CPU's tensor are checked at once. Their blocks stay below the size that a fresh heap maps
#: anew: the page faults of larger ones would take ten times as long as the check.
_TOGETHER = 16 * 2**10


class Disagreement(AssertionError):
    """The variants do not do the same work. The message is the reason, in one line."""


def check_op(inputs: Inputs, watch: bool = True) -> Agreement | None:
    """Check that the variants do the same work, and return how far they agree in values and gradients.

    Returns None if the variants draw different random numbers: then each is checked by itself. Disagreement if values,
    changes, gradients or setup state differ, if a result has the wrong storage, if an operand is written, or if numbers
    are infinite, NaN or denormal. `watch`: run both once more to see every tensor that is written; one size is enough.
    """
    subjects = inputs.subjects
    before = [t.detach().clone() for t in inputs.operands]
    results, gradients, states = {}, {}, {}
    with torch.set_grad_enabled(inputs.case.records_graph):
        for variant in VARIANTS:
            subject = subjects[variant]
            prepared = subject.restore()
            x, *made = prepared if isinstance(prepared, tuple) else (prepared,)
            state = SetupState(tensors_of(made))
            result = subject.call(prepared)
            writes = variant == INPLACE or inputs.pair.baseline_inplace
            _check_storage(variant, writes, x, result, inputs.base)
            results[variant] = [t.detach() for t in tensors(result)]
            if subject.backward is not None:
                gradients[variant] = subject.backward(result)
            states[variant] = state
    for tensor, old in zip(inputs.operands, before, strict=True):
        if not torch.equal(tensor.detach(), old):
            raise Disagreement("a variant writes an operand other than its own input")
    _check_sane("input", before)
    found = None
    if draws := inputs.pair.own_draws(inputs.case.device):
        for variant in VARIANTS:
            _check_draws(draws, inputs, variant, results[variant], gradients.get(variant, ()))
    else:
        found = _check_close("values", results[OUTOFPLACE], results[INPLACE])
        base = [t.detach() for t in tensors(inputs.base)]
        if wrong := wrong_change(base, results[OUTOFPLACE], results[INPLACE]):
            raise Disagreement(wrong)
        is_below = is_below_resolution(base, results[OUTOFPLACE], lambda: exact_results(inputs))
        found = replace(found, below_resolution=is_below)
        if wrong := wrong_state(states[OUTOFPLACE], states[INPLACE], TOLERANCE):
            raise Disagreement(wrong)
        if gradients:
            found += _check_close("gradients", gradients[OUTOFPLACE], gradients[INPLACE])
        if found.differing:
            found = replace(found, rounding=rounding_errors(inputs, results) or {})
    for variant in VARIANTS if watch else ():
        if written := watch_call(inputs, variant).writes:
            raise Disagreement(f"in the {PROSE[variant]} variant {written[0]}: only what setup makes may be written")
    return found


def _check_storage(variant: str, writes: bool, x: Any, result: Any, base: Any) -> None:
    """Raise Disagreement if a result is no tensor like its input, or has the wrong storage.

    `writes`: whether the variant is in place. Then the result must be the input `x`; else `x` must still equal `base`,
    and the result must have other storage.
    """
    kinds = list if isinstance(base, list) else torch.Tensor
    if not isinstance(result, (list, tuple) if kinds is list else kinds):
        raise Disagreement(f"the {PROSE[variant]} variant returns {type(result).__name__}, not {_kind(base)}")
    if len(tensors(result)) != len(tensors(x)):
        raise Disagreement(f"the {PROSE[variant]} variant returns {len(tensors(result))} tensors for {len(tensors(x))}")
    for own, made, old in zip(tensors(x), tensors(result), tensors(base), strict=True):
        if writes:
            if made.data_ptr() != own.data_ptr() or made.shape != own.shape or made.stride() != own.stride():
                which = f"the {PROSE[variant]} variant"
                raise Disagreement(f"{which} does not return its input: its result lies in other storage")
        elif not torch.equal(own.detach(), old.detach()):
            raise Disagreement("the out-of-place variant writes its input")
        elif made.untyped_storage().data_ptr() == own.untyped_storage().data_ptr():
            raise Disagreement(
                "the out-of-place variant returns its input's storage: it allocates nothing to compare with"
            )


def _check_draws(
    draws: Dropped, inputs: Inputs, variant: str, results: Sequence[torch.Tensor], gradients: Sequence[torch.Tensor]
) -> None:
    """Raise Disagreement if the draws of one variant are wrong. A pair with its own draws has one tensor."""
    (x,), (result,) = tensors(inputs.base), results
    _check_sane("values", results)
    _check_sane("gradients", gradients)
    wrong = draws.wrong_values(x.detach(), result)
    for gradient in gradients:
        wrong = wrong or draws.wrong_gradient(result, inputs.upstream[0], gradient)
    if wrong:
        raise Disagreement(f"the {PROSE[variant]} variant {wrong}")


def _check_sane(what: str, values: Iterable[torch.Tensor]) -> None:
    """Raise Disagreement if a number is infinite, NaN, or denormal where that is slow."""
    for tensor in values:
        if not (tensor.is_floating_point() or tensor.is_complex()):
            continue
        may_be_slow = _slow_where_denormal(tensor.device.type, tensor.dtype)
        for part in _parts(tensor.detach()):
            magnitude = part.abs()
            least, most = magnitude.aminmax()  # which pass NaN on
            if not bool(torch.isfinite(most)):
                raise Disagreement(f"{what} not finite: timing would measure inf and NaN")
            tiny = torch.finfo(tensor.dtype).tiny
            if not may_be_slow or bool(least >= tiny):
                continue
            if bool(magnitude.masked_fill_(magnitude == 0, torch.inf).min() < tiny):
                raise Disagreement(f"{what} denormal: timing would measure the slow path")


def _parts(tensor: torch.Tensor) -> Sequence[torch.Tensor]:
    """Return all elements of a tensor in flat parts. On a GPU it is one part: each launch and each answer take time."""
    if not tensor.numel():
        return ()
    flat = tensor.flatten()
    return flat.split(_TOGETHER) if tensor.device.type == "cpu" else (flat,)


def _slow_where_denormal(device_type: str, dtype: torch.dtype) -> bool:
    """Return whether denormal numbers may be slow. On a GPU, 16-bit ones are not: they are computed as float32."""
    return device_type == "cpu" or dtype in (torch.float32, torch.float64)


def _check_close(what: str, expected: Sequence[torch.Tensor], actual: Sequence[torch.Tensor]) -> Agreement:
    found = Agreement()
    for place, (a, b) in enumerate(zip(expected, actual, strict=True)):
        if a.shape != b.shape or a.dtype != b.dtype:
            raise Disagreement(f"{what}: {a.dtype} {tuple(a.shape)} out-of-place, {b.dtype} {tuple(b.shape)} in-place")
        _check_sane(what, (a,))
        found += (own := agreement_of(a, b))
        if not own.differing:
            continue
        _check_sane(what, (b,))
        relative, absolute = TOLERANCE.get(a.dtype, (0.0, 0.0))
        if not torch.allclose(a, b, rtol=relative, atol=absolute):
            which = f" of tensor {place}" if len(expected) > 1 else ""
            how_far = f"by up to {_error(a, b):.2g} relative, {where_different(a, b)}"
            raise Disagreement(f"{what}{which} differ between the variants, {how_far}")
    return found


def _error(expected: torch.Tensor, actual: torch.Tensor) -> float:
    """Return the largest relative error. Integers and bools are subtracted in double precision."""
    if not (expected.is_floating_point() or expected.is_complex()):
        expected, actual = expected.double(), actual.double()
    absolute = TOLERANCE.get(expected.dtype, (0.0, 1.0))[1]
    return ((expected - actual).abs() / expected.abs().clamp_min(absolute)).max().item()


def _kind(base: Any) -> str:
    return "a list of tensors" if isinstance(base, list) else "a tensor"
