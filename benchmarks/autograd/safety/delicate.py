"""Gradients at delicate inputs: at bounds and zeros, where operands tie, at repeated positions.

A pair declares such values of its input (`Pair.delicate`). The other operand is chosen here: zero, equal to the input,
or half of it, like a divisor of a multiple. Both variants may have the same wrong gradient, so the in-place variant's
must also lie between the slopes on both sides.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import torch

from benchmarks.autograd.record.safety import WORKS, WRONG, SafetyCell
from benchmarks.autograd.safety.compare import Tensors, compare_results, difference_cell, gradients
from benchmarks.autograd.safety.precision import largest_difference
from benchmarks.autograd.safety.refusals import NoCaseError
from benchmarks.autograd.safety.slopes import Place, wrong_slope
from benchmarks.autograd.safety.tiny_pair import TinyPair, shape_of, tiny_pair, usual_dtype
from benchmarks.catalogue.domains import DOMAINS, VALUES, Places
from benchmarks.inputs import tensors

#: Elements of an input: at least twice the combinations of delicate operands; every second element stays as drawn.
NUMEL = 256
#: How an operand that is combined with the input elementwise is made from the input's element x.
OPERANDS = {
    "as drawn": None,
    "0": lambda x: 0 * x.nan_to_num(),
    "x": lambda x: x,
    "x / 2": lambda x: x / 2,
}

#: A value of the input (None: as drawn), and a key of OPERANDS per operand that meets it.
Combination: TypeAlias = tuple[float | None, tuple[str, ...]]


@dataclass(frozen=True)
class DelicateInputs:
    """A pair with delicate operands, the elements that were made delicate, and a description."""

    tiny: TinyPair
    places: tuple[Place, ...]
    text: str


def delicate(tiny: TinyPair) -> SafetyCell:
    """Whether values and gradients equal out-of-place's, and lie between the slopes on both sides, in float64."""
    case = tiny.inputs.case
    if not tiny.differentiable:
        raise NoCaseError(f"{case.dtype} has no gradient")
    asked = delicate_inputs(tiny)
    cell = compare_results(
        lambda: _values_and_gradients(asked.tiny, asked.tiny.outofplace),
        lambda: _values_and_gradients(asked.tiny, asked.tiny.inplace),
        partial(_verdict, [*asked.tiny.leaves(), *asked.tiny.other_leaves()]),
    )
    if cell.status == WRONG:
        return replace(cell, text=f"{cell.text}; asked: {asked.text}")
    if cell.status == WORKS and usual_dtype(tiny.pair, "float64", case.device) == "float64":
        wide = tiny_pair(tiny.pair, "float64", case.device, other_requires_grad=case.other_requires_grad)
        wide = delicate_inputs(wide)
        if wrong := wrong_slope(wide.tiny, wide.tiny.inplace, wide.places):
            both = wrong_slope(wide.tiny, wide.tiny.outofplace, wide.places) == wrong
            return SafetyCell(WRONG, wrong + (" (out-of-place too)" if both else ""))
    return replace(cell, text=asked.text) if cell.status == WORKS else cell


def delicate_inputs(tiny: TinyPair) -> DelicateInputs:
    """The pair with larger operands, every second element delicate. NoCaseError if the pair declares none."""
    pair, case = tiny.pair, tiny.inputs.case
    drawn = tiny_pair(pair, case.dtype, case.device, shape_of(pair, NUMEL), case.other_requires_grad)
    own = [t.detach().clone() for t in tensors(drawn.inputs.base)]
    others = [[t.detach().clone() for t in tensors(other)] for other in drawn.inputs.others]
    elementwise = [i for i, other in enumerate(drawn.inputs.others) if _meets(pair.others[i], other, own)]
    indices = [i for i, domain in enumerate(pair.others) if _is_index(DOMAINS[domain])]
    made = _combinations(() if callable(pair.delicate) else pair.delicate, len(elementwise))
    if callable(pair.delicate):
        own = [pair.delicate(t) for t in own]
    elif not (made or indices):
        raise NoCaseError("declares no delicate inputs")
    places = [_spread(t.numel(), len(made)) for t in own]
    _put(made, places, own, [others[i] for i in elementwise])
    for i in indices:
        others[i] = [t // 2 * 2 for t in others[i]]
    asked = [range(t.numel()) for t in own] if callable(pair.delicate) else places
    also = asked if elementwise[:1] == [0] else [range(t.numel()) for t in drawn.other_leaves()]
    return DelicateInputs(
        _with_operands(drawn, own, others),
        _places([*asked, *also][: len(own) + len(drawn.other_leaves())]),
        _words(pair.delicate, bool(elementwise), bool(indices)),
    )


def _put(
    made: Sequence[Combination],
    places: Sequence[range],
    own: Sequence[torch.Tensor],
    operands: Sequence[Sequence[torch.Tensor]],
) -> None:
    """Write each combination to its place in each input, and to the same place of the operands that meet it."""
    for number, x in enumerate(own):
        for place, (value, kinds) in zip(places[number], made, strict=False):
            if value is not None:
                x.view(-1)[place] = value
            for operand, kind in zip(operands, kinds, strict=True):
                if make := OPERANDS[kind]:
                    operand[number].view(-1)[place] = make(x.view(-1)[place])


def _combinations(values: Sequence[float], operands: int) -> list[Combination]:
    """Each value of the input with each choice of operands; None: as drawn. Not all of them as drawn."""
    every = itertools.product((None, *values), itertools.product(OPERANDS, repeat=operands))
    return [each for each in every if each != (None, ("as drawn",) * operands)]


def _meets(domain: str, other: Any, own: Sequence[torch.Tensor]) -> bool:
    """Whether an operand holds values, and is combined with the input elementwise."""
    return domain in VALUES and [t.shape for t in tensors(other)] == [t.shape for t in own]


def _is_index(domain: Any) -> bool:
    return isinstance(domain, Places) and domain.kind != "mask"


def _spread(numel: int, count: int) -> range:
    step = 2 if numel >= 2 * count else 1
    return range(0, min(numel, step * count), step)


def _places(elements: Sequence[range]) -> tuple[Place, ...]:
    return tuple(Place(leaf, element) for leaf, each in enumerate(elements) for element in each)


def _with_operands(drawn: TinyPair, own: list[torch.Tensor], others: list[list[torch.Tensor]]) -> TinyPair:
    """The same with other values in operands and leaves."""

    def replaced(old: Any, new: list[torch.Tensor]) -> Any:
        made = [t.requires_grad_(before.requires_grad) for t, before in zip(new, tensors(old), strict=True)]
        return made if isinstance(old, list) else made[0] if made else old

    placed = tuple(map(replaced, drawn.inputs.others, others))
    return replace(drawn, inputs=replace(drawn.inputs, base=replaced(drawn.inputs.base, own), others=placed))


def _words(values: Any, elementwise: bool, indices: bool) -> str:
    if callable(values):
        parts = [f"x: {getattr(values, '__name__', 'made by a function').replace('_', ' ')}"]
    else:
        ordered = sorted(values, key=lambda value: (math.isnan(value), value))
        parts = [f"x at {', '.join(f'{value:g}' for value in ordered)}"] if values else []
    parts += ["an operand at 0, x, x / 2"] if elementwise else []
    return "; ".join([*parts, *(["places met twice"] if indices else [])])


def _values_and_gradients(tiny: TinyPair, variant: Any) -> Tensors:
    own, others = tiny.leaves(), tiny.other_leaves()
    outs = tensors(variant(tiny.as_input([t.clone() for t in own]), tiny.others_with(others)))
    return [*(t.detach() for t in outs), *gradients(outs, [*own, *others])]


def _verdict(leaves: Sequence[torch.Tensor], expected: Tensors, got: Tensors) -> SafetyCell:
    """Compare values first: where they differ, gradients may differ too."""
    results = len(expected) - len(leaves)
    cell = difference_cell(expected[:results], got[:results])
    if cell.status == WRONG:
        return replace(cell, text="another value")
    return largest_difference(leaves, expected[results:], got[results:])
