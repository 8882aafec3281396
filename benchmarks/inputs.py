"""Seeded tensors for a case, and how they are restored: every call gets its own, equal input."""

import functools
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.catalogue.domains import DOMAINS
from benchmarks.catalogue.pair import Pair
from benchmarks.record import OUTOFPLACE, VARIANTS, Case

SEED = 20_250_101


@dataclass(frozen=True)
class Subject:
    """One variant of a case, ready to be called: what every instrument (clock, memory, checks) works on.

    `restore()` makes the call's own input, `call(x)` runs the op on it and returns the result, `backward(result)`
    returns the gradients (None where the phase records no graph). Only the pair and the phase decide what they do.
    """

    restore: Callable[[], Any]
    call: Callable[[Any], Any]
    backward: Callable[[Any], tuple[torch.Tensor, ...]] | None


@dataclass(frozen=True)
class Inputs:
    """The tensors of one case, shared by both variants and never written by a well-behaved pair.

    `base` has the case's shape, dtype and device; it is a leaf that requires grad where the phase records a graph.
    `others` are the further operands: tensors, or a Python number first where the case's operand is "scalar".
    """

    pair: Pair
    case: Case
    base: torch.Tensor
    others: tuple[Any, ...]

    @property
    def records_graph(self) -> bool:
        return self.case.phase != "inference"

    @property
    def leaves(self) -> tuple[torch.Tensor, ...]:
        """What backward differentiates with respect to."""
        return tuple(t for t in (self.base, *self.others) if isinstance(t, torch.Tensor) and t.requires_grad)

    def restore(self) -> torch.Tensor:
        """A fresh input equal to `base`; under a graph a non-leaf, never a view (both change what autograd does)."""
        return self.base.clone()

    @functools.cached_property
    def subjects(self) -> dict[str, Subject]:
        """Both variants, sharing restored inputs, upstream gradient and everything else but the op itself."""
        backward = self._backward() if self.records_graph else None
        return {variant: self._subject(variant, backward) for variant in VARIANTS}

    def _subject(self, variant: str, backward: Callable[..., Any] | None) -> Subject:
        call = self.pair.bind(variant, self.others)
        setup = self.pair.setup
        if setup is None:
            return Subject(self.restore, call, backward)

        def restore_with_state() -> tuple[torch.Tensor, Any]:
            x = self.restore()
            return x, setup(x)

        return Subject(restore_with_state, lambda prepared: call(*prepared), backward)

    def _backward(self) -> Callable[[torch.Tensor], tuple[torch.Tensor, ...]]:
        """torch.autograd.grad of a result with respect to the leaves, from an explicit random upstream gradient."""
        bound = self._subject(OUTOFPLACE, None)
        result = bound.call(bound.restore())
        upstream = sample("real", tuple(result.shape), result.dtype, result.device, f"{self.case.pair} upstream")
        leaves = self.leaves
        del result

        def backward(result: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return torch.autograd.grad(result, leaves, upstream)

        return backward


def run_once(inputs: Inputs, variant: str) -> None:
    """Really call one variant, its backward included where the phase has one."""
    with torch.set_grad_enabled(inputs.records_graph):
        subject = inputs.subjects[variant]
        result = subject.call(subject.restore())
        if subject.backward is not None:
            subject.backward(result)


def make_inputs(pair: Pair, case: Case) -> Inputs:
    """The tensors of a case, the same in every process: seeded by pair and role alone."""
    dtype, device = getattr(torch, case.dtype), torch.device(case.device)
    base = sample(pair.domain, case.shape, dtype, device, f"{pair.name} input")
    base.requires_grad_(case.phase != "inference")
    shapes = pair.other_shapes or (case.shape,) * len(pair.others)
    others: list[Any] = [
        sample(domain, shape, dtype, device, f"{pair.name} other {i}")
        for i, (domain, shape) in enumerate(zip(pair.others, shapes, strict=True))
    ]
    if case.operand == "scalar":
        others[0] = (DOMAINS[pair.others[0]].low + DOMAINS[pair.others[0]].high) / 2
    elif case.other_requires_grad and case.phase != "inference":
        others[0].requires_grad_(True)
    return Inputs(pair, case, base, tuple(others))


def sample(domain: str, shape: Sequence[int], dtype: torch.dtype, device: torch.device, role: str) -> torch.Tensor:
    """Uniform values inside a domain, none zero or denormal; `role` seeds them, so that no two roles are equal."""
    bounds = DOMAINS[domain]
    generator = torch.Generator().manual_seed(SEED + zlib.crc32(role.encode()))
    draws = torch.empty(tuple(shape), dtype=torch.float32).uniform_(-1, 1, generator=generator)
    values = draws.abs().mul_(bounds.high - bounds.low).add_(bounds.low)
    if bounds.signed:
        values.copysign_(draws)
    return values.to(device=device, dtype=dtype, copy=True)
