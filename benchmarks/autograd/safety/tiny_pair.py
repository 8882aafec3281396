"""Both variants of a pair on tiny operands, as functions of the input alone; every probe works on it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from benchmarks.autograd.safety.refusals import Errors, NoCaseError, refusal
from benchmarks.catalogue.dtypes import DIFFERENTIABLE
from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.shapes import KINDS
from benchmarks.inputs import Inputs, make_inputs, tensors
from benchmarks.record import INPLACE, OUTOFPLACE, Case
from benchmarks.tensors import reseed

#: Large enough for every kind of view, small enough for finite differences.
SHAPES = {
    "vector": (12,),
    "column": (4,),
    "square": (4, 4),
    "rows": (4, 4),
    "batch": (2, 3, 4),
    "image": (2, 2, 2, 2),
    "volume": (2, 2, 2, 2, 2),
    "parameters": (32,),
}


@dataclass(frozen=True)
class TinyPair:
    """A pair with one set of operands."""

    pair: Pair
    inputs: Inputs

    def outofplace(self, x: Any, others: tuple[Any, ...] | None = None) -> Any:
        """The result of the out-of-place variant."""
        return self._call(OUTOFPLACE, x, others)

    def inplace(self, x: Any, others: tuple[Any, ...] | None = None) -> Any:
        """The result of the in-place variant, which writes x."""
        return self._call(INPLACE, x, others)

    def _call(self, variant: str, x: Any, others: tuple[Any, ...] | None) -> Any:
        if self.pair.random:
            reseed(torch.device(self.inputs.case.device))
        call = self.pair.bind(variant, self.inputs.others if others is None else others)
        return call(x) if self.pair.setup is None else call(x, self.pair.setup(x))

    @property
    def takes_a_list(self) -> bool:
        return isinstance(self.inputs.base, list)

    @property
    def differentiable(self) -> bool:
        """Whether the input's dtype has gradients."""
        return self.inputs.case.dtype in DIFFERENTIABLE

    def leaves(self) -> list[torch.Tensor]:
        """Fresh leaves with the base's values, requiring grad where their dtype has one."""
        return [t.detach().clone().requires_grad_(self.differentiable) for t in tensors(self.inputs.base)]

    def other_leaves(self) -> list[torch.Tensor]:
        """Fresh leaves with the values of the other operands that require grad."""
        others = [t for other in self.inputs.others for t in tensors(other) if t.requires_grad]
        return [t.detach().clone().requires_grad_() for t in others]

    def others_with(self, leaves: Sequence[torch.Tensor]) -> tuple[Any, ...]:
        """The other operands, with `leaves` in place of those that require grad."""
        left = iter(leaves)

        def placed(other: Any) -> Any:
            if isinstance(other, list):
                return [placed(t) for t in other]
            return next(left) if isinstance(other, torch.Tensor) and other.requires_grad else other

        return tuple(map(placed, self.inputs.others))

    def as_input(self, some: Sequence[torch.Tensor]) -> Any:
        """`some` as the pair takes its input: as a list, or the one tensor."""
        return list(some) if self.takes_a_list else some[0]


def tiny_pair(
    pair: Pair,
    dtype: str,
    device: str,
    shape: tuple[int, ...] | None = None,
    other_requires_grad: bool = False,
    operand: str = "",
) -> TinyPair:
    """A pair's variants in a dtype that it need not declare, such as comparisons on floats."""
    if shape is None:
        shape = SHAPES[pair.shape] if isinstance(pair.shape, str) else pair.shape
    case = Case(
        family="",
        pair=pair.name,
        phase="forward" if dtype in DIFFERENTIABLE else "inference",
        numel=math.prod(shape),
        shape=shape,
        dtype=dtype,
        layout=pair.layouts[0],
        operand=operand or pair.operands[0],
        other_requires_grad=other_requires_grad,
        device=device,
        allocator="inherited",
        threads=1,
    )
    return TinyPair(pair, make_inputs(pair, case))


def check_draws_nothing(tiny: TinyPair) -> None:
    """NoCaseError for a pair that draws random numbers: compiled or transformed, both variants draw other ones."""
    if tiny.pair.random:
        raise NoCaseError("draws random numbers, which this context draws in another order")


def shape_of(pair: Pair, numel: int) -> tuple[int, ...]:
    """A shape of about `numel` elements, if the pair does not fix it."""
    return KINDS[pair.shape](numel) if isinstance(pair.shape, str) else pair.shape


def usual_dtype(pair: Pair, wanted: str, device: str) -> str:
    """`wanted`, a float, if the pair's variants accept it (even if they then differ); otherwise its usual dtype.

    NoCaseError if the machine's state leaves open whether they accept it.
    """
    if wanted in pair.dtypes:
        return wanted
    tiny = tiny_pair(pair, wanted, device)
    try:
        with torch.no_grad():
            tiny.outofplace(tiny.as_input([t.detach().clone() for t in tensors(tiny.inputs.base)]))
            tiny.inplace(tiny.as_input([t.detach().clone() for t in tensors(tiny.inputs.base)]))
    except Errors as error:
        refusal(error)
        return pair.dtypes[0]
    return wanted


def with_operand_dtype(tiny: TinyPair, dtype: torch.dtype) -> TinyPair:
    """The same with the floating operands in another dtype."""
    others = tuple(
        other.to(dtype) if isinstance(other, torch.Tensor) and other.is_floating_point() else other
        for other in tiny.inputs.others
    )
    return replace(tiny, inputs=replace(tiny.inputs, others=others))
