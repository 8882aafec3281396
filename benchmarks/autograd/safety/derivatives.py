"""Derivatives of an in-place form: against finite differences, against out-of-place, and under torch's transforms."""

import functools
import operator
from collections.abc import Callable, Sequence

import torch
from torch.autograd import forward_ad
from torch.autograd.gradcheck import GradcheckError

from benchmarks.autograd.record.safety import WORKS, WRONG, SafetyCell
from benchmarks.autograd.safety.compare import compare, compare_results, failure, quiet
from benchmarks.autograd.safety.forms import Forms
from benchmarks.autograd.safety.refusals import Errors, NoCaseError, one_line, refusal
from benchmarks.inputs import tensors
from benchmarks.tensors import sample

Form = Callable[..., object]


def first(forms: Forms) -> SafetyCell:
    """gradcheck of the in-place form; `forms` in float64."""
    return _against_differences(forms, torch.autograd.gradcheck)


def second(forms: Forms) -> SafetyCell:
    """gradgradcheck of the in-place form; `forms` in float64."""
    return _against_differences(forms, torch.autograd.gradgradcheck)


def _against_differences(forms: Forms, check: Callable[..., bool]) -> SafetyCell:
    _needs_gradients(forms)
    cell = _check_form(forms, check, forms.inplace)
    if cell.status != WORKS:
        other = _check_form(forms, check, forms.outofplace)
        both = " (out-of-place too)" if other.status == cell.status else ""
        return SafetyCell(cell.status, cell.text + both)
    return cell


def _check_form(forms: Forms, check: Callable[..., bool], form: Form) -> SafetyCell:
    own, others = forms.leaves(), forms.other_leaves()

    def function(*xs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        x = forms.as_input([x.clone() for x in xs[: len(own)]])
        return tensors(form(x, forms.others_with(xs[len(own) :])))

    try:
        with quiet():
            mismatch = _mismatch(check, function, (*own, *others))
    except Errors as error:
        return failure(refusal(error), also=False)
    return SafetyCell(WRONG, mismatch) if mismatch else SafetyCell(WORKS)


def _mismatch(check: Callable[..., bool], function: Form, leaves: Sequence[torch.Tensor]) -> str:
    """What gradcheck says against it. Its fast mode stumbles over constant gradients: the exact one decides."""
    try:
        check(function, leaves, fast_mode=True)
    except GradcheckError as error:
        if not check(function, leaves, raise_exception=False):
            return " ".join(str(error).splitlines()[:3])
    return ""


def forward_mode(forms: Forms) -> SafetyCell:
    """Tangents of both forms."""
    _needs_gradients(forms)

    def tangents(form: Form) -> list[torch.Tensor | None]:
        values = [t.detach() for t in forms.leaves()]
        with quiet(), forward_ad.dual_level():
            duals = [
                forward_ad.make_dual(t.clone(), sample("real", t.shape, t.dtype, t.device, f"tangent {i}"))
                for i, t in enumerate(values)
            ]
            parts = [forward_ad.unpack_dual(t) for t in tensors(form(forms.as_input(duals)))]
            return [each for part in parts for each in (part.primal.clone(), part.tangent)]

    return compare_results(lambda: tangents(forms.outofplace), lambda: tangents(forms.inplace))


def vmap(forms: Forms) -> SafetyCell:
    """Over a batch of three."""
    _needs_no_seed(forms)
    values = [t.detach() for t in forms.leaves()]
    batch = [torch.stack([t, t.roll(1), t.roll(2)]) for t in values]

    def mapped() -> Sequence[torch.Tensor]:
        def one(*xs: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return tensors(forms.inplace(forms.as_input([x.clone() for x in xs])))

        return torch.vmap(one)(*batch)

    def one_by_one() -> Sequence[torch.Tensor]:
        rows = [tensors(forms.outofplace(forms.as_input([t[i].clone() for t in batch]))) for i in range(3)]
        return [torch.stack(column).to(t.dtype) for column, t in zip(zip(*rows, strict=True), values, strict=True)]

    with torch.no_grad():
        return compare_results(one_by_one, mapped)


def func_grad(forms: Forms) -> SafetyCell:
    """torch.func.grad of the in-place form, against autograd of the out-of-place one."""
    _needs_gradients(forms)
    if forms.inputs.case.dtype.startswith("complex"):
        raise NoCaseError("torch.func.grad takes real results only")
    leaves = forms.leaves()
    places = tuple(range(len(leaves)))

    def total(form: Form) -> Callable[..., torch.Tensor]:
        def summed(*xs: torch.Tensor) -> torch.Tensor:
            results = tensors(form(forms.as_input([x.clone() for x in xs])))
            return functools.reduce(
                operator.add, [result.to(x.dtype).sum() for result, x in zip(results, xs, strict=True)]
            )

        return summed

    def by_autograd() -> Sequence[torch.Tensor | None]:
        value = total(forms.outofplace)(*leaves)
        return torch.autograd.grad(value, leaves, allow_unused=True) if value.requires_grad else [None] * len(leaves)

    def by_func() -> Sequence[torch.Tensor | None]:
        return torch.func.grad(total(forms.inplace), places)(*(t.detach() for t in leaves))

    return compare_results(by_autograd, by_func)


def compiled(forms: Forms, backend: str) -> SafetyCell:
    """The in-place form compiled, values and gradients against the eager out-of-place form."""
    _needs_no_seed(forms)
    torch._dynamo.reset()

    def body(*xs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tensors(forms.inplace(forms.as_input([x.clone() for x in xs])))

    try:
        function = torch.compile(body, backend=backend)
    except Errors as error:  # such as a Python that it does not support yet
        raise NoCaseError(f"torch.compile fails here: {one_line(error)}") from error
    return compare(
        forms,
        lambda leaves: function(*leaves),
        lambda leaves: tensors(forms.outofplace(forms.as_input([t.clone() for t in leaves]))),
    )


def version(forms: Forms) -> SafetyCell:
    """How far one call moves the version counter of what it writes; autograd sees no other write."""
    written = [t.detach().clone() for t in tensors(forms.inputs.base)]
    before = written[0]._version
    with torch.no_grad():
        forms.inplace(forms.as_input(written))
    moved = written[0]._version - before
    return SafetyCell(WORKS if moved else WRONG, str(moved))


def _needs_gradients(forms: Forms) -> None:
    if not forms.differentiable:
        raise NoCaseError(f"{forms.inputs.case.dtype} has no gradient")


def _needs_no_seed(forms: Forms) -> None:
    if forms.pair.random:
        raise NoCaseError("draws random numbers, which this context draws in another order")
