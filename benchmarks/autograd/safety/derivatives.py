"""Derivatives of an in-place variant: against finite differences, against out-of-place, under torch's transforms."""

import functools
import operator
from collections.abc import Callable, Sequence

import torch
from torch.autograd import forward_ad
from torch.autograd.gradcheck import GradcheckError

from benchmarks.autograd.record.safety import WORKS, WRONG, SafetyCell
from benchmarks.autograd.safety.compare import compare_results, failure_cell, without_warnings
from benchmarks.autograd.safety.refusals import Errors, NoCaseError, refusal
from benchmarks.autograd.safety.tiny_pair import TinyPair, check_draws_nothing
from benchmarks.inputs import tensors
from benchmarks.tensors import sample

Variant = Callable[..., object]


def first(tiny: TinyPair) -> SafetyCell:
    """gradcheck of the in-place variant; `tiny` in float64."""
    return _against_differences(tiny, torch.autograd.gradcheck)


def second(tiny: TinyPair) -> SafetyCell:
    """gradgradcheck of the in-place variant; `tiny` in float64."""
    return _against_differences(tiny, torch.autograd.gradgradcheck)


def _against_differences(tiny: TinyPair, check: Callable[..., bool]) -> SafetyCell:
    _needs_gradients(tiny)
    cell = _check_variant(tiny, check, tiny.inplace)
    if cell.status != WORKS:
        other = _check_variant(tiny, check, tiny.outofplace)
        both = " (out-of-place too)" if other.status == cell.status else ""
        return SafetyCell(cell.status, cell.text + both)
    return cell


def _check_variant(tiny: TinyPair, check: Callable[..., bool], variant: Variant) -> SafetyCell:
    own, others = tiny.leaves(), tiny.other_leaves()

    def function(*xs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        x = tiny.as_input([x.clone() for x in xs[: len(own)]])
        return tensors(variant(x, tiny.others_with(xs[len(own) :])))

    try:
        with without_warnings():
            mismatch = _mismatch(check, function, (*own, *others))
    except Errors as error:
        return failure_cell(refusal(error), also=False)
    return SafetyCell(WRONG, mismatch) if mismatch else SafetyCell(WORKS)


def _mismatch(check: Callable[..., bool], function: Variant, leaves: Sequence[torch.Tensor]) -> str:
    """gradcheck's error text. Its fast mode fails on constant gradients: then the exact mode decides."""
    try:
        check(function, leaves, fast_mode=True)
    except GradcheckError as error:
        if not check(function, leaves, raise_exception=False):
            return " ".join(str(error).splitlines()[:3])
    return ""


def forward_mode(tiny: TinyPair) -> SafetyCell:
    """Compare the tangents of both variants."""
    _needs_gradients(tiny)

    def tangents(variant: Variant) -> list[torch.Tensor | None]:
        values = [t.detach() for t in tiny.leaves()]
        with without_warnings(), forward_ad.dual_level():
            duals = [
                forward_ad.make_dual(t.clone(), sample("real", t.shape, t.dtype, t.device, f"tangent {i}"))
                for i, t in enumerate(values)
            ]
            parts = [forward_ad.unpack_dual(t) for t in tensors(variant(tiny.as_input(duals)))]
            return [each for part in parts for each in (part.primal.clone(), part.tangent)]

    return compare_results(lambda: tangents(tiny.outofplace), lambda: tangents(tiny.inplace))


def vmap(tiny: TinyPair) -> SafetyCell:
    """Compare vmap over a batch of three with three calls."""
    check_draws_nothing(tiny)
    values = [t.detach() for t in tiny.leaves()]
    batch = [torch.stack([t, t.roll(1), t.roll(2)]) for t in values]

    def mapped() -> Sequence[torch.Tensor]:
        def one(*xs: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return tensors(tiny.inplace(tiny.as_input([x.clone() for x in xs])))

        return torch.vmap(one)(*batch)

    def one_by_one() -> Sequence[torch.Tensor]:
        rows = [tensors(tiny.outofplace(tiny.as_input([t[i].clone() for t in batch]))) for i in range(3)]
        return [torch.stack(column).to(t.dtype) for column, t in zip(zip(*rows, strict=True), values, strict=True)]

    with torch.no_grad():
        return compare_results(one_by_one, mapped)


def func_grad(tiny: TinyPair) -> SafetyCell:
    """torch.func.grad of the in-place variant, against autograd of the out-of-place one."""
    _needs_gradients(tiny)
    if tiny.inputs.case.dtype.startswith("complex"):
        raise NoCaseError("torch.func.grad takes real results only")
    leaves = tiny.leaves()
    places = tuple(range(len(leaves)))

    def total(variant: Variant) -> Callable[..., torch.Tensor]:
        def summed(*xs: torch.Tensor) -> torch.Tensor:
            results = tensors(variant(tiny.as_input([x.clone() for x in xs])))
            return functools.reduce(
                operator.add, [result.to(x.dtype).sum() for result, x in zip(results, xs, strict=True)]
            )

        return summed

    def by_autograd() -> Sequence[torch.Tensor | None]:
        value = total(tiny.outofplace)(*leaves)
        return torch.autograd.grad(value, leaves, allow_unused=True) if value.requires_grad else [None] * len(leaves)

    def by_func() -> Sequence[torch.Tensor | None]:
        return torch.func.grad(total(tiny.inplace), places)(*(t.detach() for t in leaves))

    return compare_results(by_autograd, by_func)


def version(tiny: TinyPair) -> SafetyCell:
    """How far one call moves the version counter of the tensor it writes; autograd sees no other write."""
    written = [t.detach().clone() for t in tensors(tiny.inputs.base)]
    before = written[0]._version
    with torch.no_grad():
        tiny.inplace(tiny.as_input(written))
    moved = written[0]._version - before
    return SafetyCell(WORKS if moved else WRONG, str(moved))


def _needs_gradients(tiny: TinyPair) -> None:
    if not tiny.differentiable:
        raise NoCaseError(f"{tiny.inputs.case.dtype} has no gradient")
