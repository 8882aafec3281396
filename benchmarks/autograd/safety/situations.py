"""Where an in-place variant is used: on leaves, on results, on views, with operands that do not fit.

Each situation is a program with the in-place variant, and the same program with the out-of-place variant.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from benchmarks.autograd.record.safety import NARROWS, WORKS, WRONG, SafetyCell
from benchmarks.autograd.safety.compare import Situation, compare_situations
from benchmarks.autograd.safety.refusals import NoCaseError
from benchmarks.autograd.safety.tiny_pair import TinyPair, shape_of, tiny_pair, with_operand_dtype
from benchmarks.catalogue.domains import VALUES
from benchmarks.inputs import tensors

#: A program with the in-place variant, and the same with the out-of-place variant.
Programs = tuple[Situation, Situation]


def leaf(tiny: TinyPair) -> SafetyCell:
    """x.op_() where x is a leaf that requires grad."""
    if not tiny.differentiable:
        raise NoCaseError(f"{tiny.inputs.case.dtype} has no gradient")
    return compare_situations(
        tiny,
        lambda leaves: tensors(tiny.inplace(tiny.as_input(leaves))),
        lambda leaves: tensors(tiny.outofplace(tiny.as_input(leaves))),
    )


def nonleaf(tiny: TinyPair) -> SafetyCell:
    """h = x.clone(); h.op_()"""
    return compare_situations(tiny, *nonleaf_programs(tiny))


def nonleaf_programs(tiny: TinyPair) -> Programs:
    """The programs of `nonleaf`."""
    return (
        lambda leaves: tensors(tiny.inplace(tiny.as_input([t.clone() for t in leaves]))),
        lambda leaves: tensors(tiny.outofplace(tiny.as_input([t.clone() for t in leaves]))),
    )


def after_saver(tiny: TinyPair) -> SafetyCell:
    """h = tan(atan(x)), whose last step saves h itself for backward; h.op_()"""
    if not tiny.differentiable:
        raise NoCaseError(f"{tiny.inputs.case.dtype} has no gradient")
    return compare_situations(
        tiny,
        lambda leaves: tensors(tiny.inplace(tiny.as_input([t.atan().tan() for t in leaves]))),
        lambda leaves: tensors(tiny.outofplace(tiny.as_input([t.atan().tan() for t in leaves]))),
    )


def itself(tiny: TinyPair) -> SafetyCell:
    """h.op_(h)"""
    return compare_situations(tiny, *itself_programs(tiny))


def itself_programs(tiny: TinyPair) -> Programs:
    """The programs of `itself`."""
    return _programs_with_operand(tiny, lambda h: h)


def turned_programs(tiny: TinyPair, copy: bool = True) -> Programs:
    """h.op_(h.flip(0)): the operand holds h's old values. `copy`: h is made from the leaves, and is not a leaf."""
    return _programs_with_operand(tiny, lambda h: [t.flip(0) for t in h] if isinstance(h, list) else h.flip(0), copy)


def _programs_with_operand(tiny: TinyPair, operand: Callable[[Any], Any], copy: bool = True) -> Programs:
    pair = tiny.pair
    if not pair.others or pair.others[0] not in VALUES or pair.other_shapes:
        raise NoCaseError("takes no other tensor of its input's shape")
    rest = tiny.inputs.others[1:]

    def inplace(leaves: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        h = tiny.as_input([t.clone() if copy else t for t in leaves])
        return tensors(tiny.inplace(h, (operand(h), *rest)))

    def outofplace(leaves: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        h = tiny.as_input([t.clone() for t in leaves])
        return tensors(tiny.outofplace(h, (operand(h), *rest)))

    return inplace, outofplace


def view(tiny: TinyPair) -> SafetyCell:
    """base[:n].op_(), then both base and the view are used."""

    def inplace(leaves: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        bases = [torch.cat([t, t]) for t in leaves]
        views = [base[: len(t)] for base, t in zip(bases, leaves, strict=True)]
        result = tiny.inplace(tiny.as_input(views))
        return (*bases, *tensors(result))

    return compare_situations(tiny, inplace, lambda leaves: _first_halves(tiny, leaves))


def chunk(tiny: TinyPair) -> SafetyCell:
    """base.chunk(2)[0].op_(), then both base and the view are used."""

    def inplace(leaves: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        bases = [torch.cat([t, t]) for t in leaves]
        result = tiny.inplace(tiny.as_input([base.chunk(2)[0] for base in bases]))
        return (*bases, *tensors(result))

    return compare_situations(tiny, inplace, lambda leaves: _first_halves(tiny, leaves))


def _first_halves(tiny: TinyPair, leaves: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """The same as writing the first half of a doubled tensor."""
    results = tensors(tiny.outofplace(tiny.as_input([t.clone() for t in leaves])))
    bases = [torch.cat([result.to(t.dtype), t]) for result, t in zip(results, leaves, strict=True)]
    return (*bases, *results)


def expanded(tiny: TinyPair) -> SafetyCell:
    """x[:1].expand(...).op_(): many elements at one address."""

    def spread(leaves: list[torch.Tensor]) -> Any:
        return tiny.as_input([t.clone()[:1].expand(t.shape) for t in leaves])

    if all(len(t) == 1 for t in tensors(tiny.inputs.base)):
        raise NoCaseError("has one row only")
    return compare_situations(
        tiny,
        lambda leaves: tensors(tiny.inplace(spread(leaves))),
        lambda leaves: tensors(tiny.outofplace(spread(leaves))),
    )


def overlapping(tiny: TinyPair) -> SafetyCell:
    """x.as_strided(...).op_() where neighbouring rows share all elements except one."""
    larger, programs = overlapping_programs(tiny)
    return compare_situations(larger, *programs)


def overlapping_programs(tiny: TinyPair) -> tuple[TinyPair, Programs]:
    """The programs of `overlapping`, with the larger pair that they use."""

    def overlap(leaves: list[torch.Tensor]) -> list[torch.Tensor]:
        # torch.compile refuses as_strided on a view that it writes.
        return [t.flatten().clone().as_strided(t.shape, [1] * t.dim()) for t in leaves]

    if any(t.dim() < 2 for t in tensors(tiny.inputs.base)):
        larger = _two_dimensional(tiny, (16, 16))
    else:  # enough elements that some change: relu, for example, keeps positive ones
        case = tiny.inputs.case
        larger = tiny_pair(tiny.pair, case.dtype, case.device, shape_of(tiny.pair, 256))
    return larger, (
        lambda leaves: tensors(larger.inplace(larger.as_input(overlap(leaves)))),
        lambda leaves: tensors(larger.outofplace(larger.as_input(overlap(leaves)))),
    )


def _two_dimensional(tiny: TinyPair, shape: tuple[int, int]) -> TinyPair:
    if tiny.pair.shape != "vector":
        raise NoCaseError("its input has one dimension only")
    return tiny_pair(tiny.pair, tiny.inputs.case.dtype, tiny.inputs.case.device, shape)


def growth(tiny: TinyPair) -> SafetyCell:
    """row.op_(matrix): the result does not fit into the input."""
    if "broadcast" not in tiny.pair.operands:
        raise NoCaseError("takes no operand that broadcasts")
    wide = _two_dimensional(tiny, (3, 4))
    (matrix,) = tensors(wide.inputs.base)
    return nonleaf(replace(wide, inputs=replace(wide.inputs, base=matrix.detach()[0].clone())))


def promotion(tiny: TinyPair) -> SafetyCell:
    """An operand of a wider dtype; without operands, an integer input to an op that computes floats."""
    pair, device = tiny.pair, tiny.inputs.case.device
    floats = [other for other in tiny.inputs.others if isinstance(other, torch.Tensor) and other.is_floating_point()]
    if floats:
        narrow, wide = torch.float16, torch.float32
        case = with_operand_dtype(tiny_pair(pair, "float16", device), wide)
    elif "int64" in pair.dtypes or not pair.others:
        narrow = torch.int64
        case = tiny_pair(pair, "int64", device)
    else:
        raise NoCaseError("takes no operand of another dtype")
    made: list[torch.dtype] = []

    def outofplace(leaves: list[torch.Tensor]) -> list[torch.Tensor]:
        results = tensors(case.outofplace(case.as_input([t.detach().clone() for t in leaves])))
        made.extend(t.dtype for t in results)
        return [t.to(narrow) for t in results]

    def inplace(leaves: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        return tensors(case.inplace(case.as_input([t.detach() for t in leaves])))

    with torch.no_grad():
        cell = compare_situations(case, inplace, outofplace)
    if cell.status not in (WORKS, WRONG) or made[0] == narrow:
        return cell
    names = [str(dtype).removeprefix("torch.") for dtype in (narrow, made[0])]
    holds = torch.promote_types(narrow, made[0]) == narrow  # for example a bool in a float16
    return replace(
        cell,
        status=cell.status if holds else NARROWS,
        text=f"stays {names[0]} where out-of-place gives {names[1]}",
    )
