"""The tensors of a case, and how they are restored: every call gets its own, equal input.

On a CPU the input is restored, and a random op reseeded, right before each call. On a GPU this is done for all calls of
a round together, before the first one; so only the first call of a round draws from the seed.
"""

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from benchmarks.catalogue import shapes
from benchmarks.catalogue.domains import value_domain
from benchmarks.catalogue.pair import Pair
from benchmarks.in_flight import note_variant
from benchmarks.nested import mapped
from benchmarks.record import OUTOFPLACE, USER, VARIANTS, Case
from benchmarks.tensors import copy_elsewhere, in_layout, reseed, sample, spaced_copy

#: One tensor; for foreach ops a list of tensors.
Values = torch.Tensor | list[torch.Tensor]


@dataclass(frozen=True)
class Subject:
    """One variant of a case, ready to be called: what every instrument (clock, memory, checks) works on.

    `restore()` makes the call's own input, `call(x)` runs the op on it and returns the result, `backward(result)`
    returns the gradients (None where the phase records no graph). Only the pair and the phase decide what they do.
    """

    restore: Callable[[], Any]
    call: Callable[[Any], Any]
    backward: Callable[[Any], tuple[torch.Tensor, ...]] | None


class Subjects(Mapping[str, Subject]):
    """Both variants of a case. Taking one notes it as the variant that runs: the caller is about to call it."""

    def __init__(self, subjects: Mapping[str, Subject]) -> None:
        self._subjects = subjects

    def __getitem__(self, variant: str) -> Subject:
        note_variant(variant)
        return self._subjects[variant]

    def __iter__(self) -> Iterator[str]:
        return iter(self._subjects)

    def __len__(self) -> int:
        return len(self._subjects)


@dataclass(frozen=True)
class Inputs:
    """The tensors of one case, shared by both variants and never written by a correct pair.

    `base` has the case's shape, dtype, layout and device; it is a leaf that requires grad where the phase records a
    graph. `others` are the further operands: tensors (lists of tensors for foreach ops); the first is a Python number
    where the case's operand is "scalar".
    """

    pair: Pair
    case: Case
    base: Values
    others: tuple[Any, ...]

    @property
    def operands(self) -> tuple[torch.Tensor, ...]:
        """Every tensor that a call is given: the base, then the others."""
        return tuple(t for each in (self.base, *self.others) for t in tensors(each))

    @property
    def leaves(self) -> tuple[torch.Tensor, ...]:
        """What backward differentiates with respect to."""
        return tuple(t for t in self.operands if t.requires_grad)

    @functools.cached_property
    def subjects(self) -> Subjects:
        """Both variants. They share the restored inputs, the upstream gradient and everything except the op.

        They hold the tensors, not these inputs: a reference cycle would keep a case's tensors alive while collection is
        off.
        """
        backward = _backward_to(self.leaves, self.upstream) if self.case.records_graph else None
        return Subjects({variant: self.subject(variant, backward) for variant in VARIANTS})

    def elsewhere(self) -> "Inputs":
        """The same tensors at other addresses, which the tensors keep as long as they live."""
        return replace(self, base=mapped(self.base, copy_elsewhere), others=mapped(self.others, copy_elsewhere))

    def restore(self) -> Values:
        """A fresh input equal to `base`; with a graph a non-leaf, never a view (both change what autograd does)."""
        return self._restorer()()

    def _restorer(self) -> Callable[[], Values]:
        base = self.base
        if isinstance(base, list):
            copy: Callable[[], Values] = lambda: [t.clone() for t in base]  # noqa: E731  # one of three
        elif self.case.layout == "strided":
            copy = functools.partial(spaced_copy, base)
        else:
            copy = base.clone
        if not self.pair.random and self.case.family != USER:  # a user's code may draw numbers without saying so
            return copy
        device = torch.device(self.case.device)

        def seeded_copy() -> Values:
            reseed(device)
            return copy()

        return seeded_copy

    def subject(self, variant: str, backward: Callable[..., Any] | None = None) -> Subject:
        """One variant; without `backward` unless given."""
        call, restore = self.pair.bind(variant, self.others), self._restorer()
        setup = self.pair.setup
        if setup is None:
            return Subject(restore, call, backward)

        def restore_with_state() -> tuple[Values, Any]:
            x = restore()
            return x, setup(x)

        return Subject(restore_with_state, lambda prepared: call(*prepared), backward)

    @functools.cached_property
    def upstream(self) -> list[torch.Tensor]:
        """The random upstream gradient of each result, the same for both variants."""
        bound = self.subject(OUTOFPLACE)
        note_variant(OUTOFPLACE)
        results = tensors(bound.call(bound.restore()))
        # In the results' layout: a gradient in another layout would be copied, and the copy timed with the op.
        upstream = [torch.empty_like(t, requires_grad=False) for t in results]
        for t in upstream:
            t.copy_(sample("real", t.shape, t.dtype, t.device, f"{self.case.pair} upstream"))
        return upstream


def _backward_to(
    leaves: tuple[torch.Tensor, ...], upstream: list[torch.Tensor]
) -> Callable[[Values], tuple[torch.Tensor, ...]]:
    """torch.autograd.grad of a result with respect to the leaves, from the upstream gradients."""

    def backward(result: Values) -> tuple[torch.Tensor, ...]:
        return torch.autograd.grad(result, leaves, upstream)

    return backward


def tensors(value: Any) -> tuple[torch.Tensor, ...]:
    """The tensors in a result or an operand: of a list all, of a number none."""
    if isinstance(value, torch.Tensor):
        return (value,)
    return tuple(value) if isinstance(value, list | tuple) else ()


def make_inputs(pair: Pair, case: Case) -> Inputs:
    """The tensors of a case, equal in every process: pair and role alone seed them."""
    base = _draw(pair.domain, case, case.shape, f"{pair.name} input")
    others = _others(pair, case)
    if case.records_graph:
        wanting = [base]
        if case.other_requires_grad:
            wanting += [other for other in others if _differentiable(other)][:1]
        for t in (t for values in wanting for t in tensors(values)):
            t.requires_grad_(True)
    return Inputs(pair, case, base, others)


def _others(pair: Pair, case: Case) -> tuple[Any, ...]:
    """The further operands, drawn from their domains; the first as the case's operand kind says."""
    others = []
    for i, domain in enumerate(pair.others):
        if i == 0 and case.operand == "scalar":
            others.append(_number(domain, case.dtype))
        else:
            others.append(_draw(domain, case, _other_shape(pair, case, i), f"{pair.name} other {i}"))
    return tuple(others)


def _other_shape(pair: Pair, case: Case, i: int) -> tuple[int, ...]:
    if i == 0 and case.operand == "broadcast":
        return shapes.per_column(case.shape)
    if i == 0 and case.operand == "zero_dim":
        return ()
    shape = pair.other_shapes[i] if pair.other_shapes else case.shape
    return shape(case.shape) if callable(shape) else shape


def _number(domain: str, dtype: str) -> float | int:
    """The middle of a domain as a Python number; an int for an integer dtype."""
    bounds, kind = value_domain(domain), getattr(torch, dtype)
    if kind.is_floating_point or kind.is_complex:
        return (bounds.low + bounds.high) / 2
    return True if kind == torch.bool else sum(bounds.integers) // 2


def _draw(domain: str, case: Case, shape: tuple[int, ...], role: str) -> Values:
    """An operand with the case's dtype and device, and its layout if it has the input's shape."""
    dtype, device = getattr(torch, case.dtype), torch.device(case.device)
    if case.layout == "parameters":
        parts = shapes.parameters(math.prod(shape))
        return [sample(domain, part, dtype, device, f"{role} {i}") for i, part in enumerate(parts)]
    values = sample(domain, shape, dtype, device, role)
    return in_layout(values, case.layout if shape == case.shape else "contiguous")


def _differentiable(other: Any) -> bool:
    return any(t.is_floating_point() or t.is_complex() for t in tensors(other))


__all__ = ["Inputs", "Subject", "make_inputs", "sample", "tensors"]
