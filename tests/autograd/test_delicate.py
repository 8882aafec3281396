"""Delicate inputs: faults planted at ties, bounds, zeros and places met twice are found there and nowhere else."""

import math

import pytest
import torch

from benchmarks.autograd.record.safety import NO_CASE, WORKS, WRONG
from benchmarks.autograd.safety.delicate import delicate_inputs
from benchmarks.autograd.safety.matrix import examine_cell
from benchmarks.autograd.safety.tiny_pair import tiny_pair
from benchmarks.catalogue import Pair, PairError, families

PAIRS = {pair.name: pair for pairs in families().values() for pair in pairs}


def stepped(at, given, elsewhere=lambda x: (x > 0).to(x.dtype)):
    """relu with a gradient of its own where x equals `at`: (out-of-place, in-place)."""

    class Relu(torch.autograd.Function):
        """As relu but for one gradient."""

        @staticmethod
        def forward(context, x, inplace):
            context.save_for_backward(x.clone())
            if inplace:
                context.mark_dirty(x)
                return x.relu_()
            return x.relu()

        @staticmethod
        def backward(context, gradient):
            (x,) = context.saved_tensors
            return gradient * torch.where(x == at, given, elsewhere(x)), None

    return lambda x: Relu.apply(x, False), lambda x: Relu.apply(x, True)


def cell_of(pair):
    return examine_cell(pair, "delicate", "cpu", False)


def test_another_gradient_than_out_of_place_at_a_zero_is_found():
    cell = cell_of(Pair("mine", outofplace=torch.relu, inplace=stepped(0.0, 0.5)[1]))
    assert cell.status == WRONG and cell.text.startswith("at 0: 0 out-of-place, ")
    assert cell.text.endswith("in-place; over 2e-05 between 0 and 0; asked: x at 0")
    assert examine_cell(Pair("mine", outofplace=torch.relu, inplace=stepped(0.0, 0.5)[1]), "first", "cpu", False) == (
        examine_cell(PAIRS["relu"], "first", "cpu", False)
    ), "which the other columns do not ask"


@pytest.mark.parametrize(
    "given, status", [(0.0, WORKS), (0.5, WORKS), (1.0, WORKS), (1.5, WRONG), (-0.5, WRONG), (math.nan, WRONG)]
)
def test_a_gradient_that_both_variants_have_must_lie_between_the_slopes(given, status):
    outofplace, inplace = stepped(0.0, given)
    cell = cell_of(Pair("mine", outofplace=outofplace, inplace=inplace))
    assert cell.status == status
    if status == WRONG:
        assert cell.text.startswith("at x = 0 the gradient is ") and cell.text.endswith("(out-of-place too)")
    else:
        assert cell.text == "x at 0"


def test_a_bound_is_asked_where_it_is_declared():
    outofplace, inplace = stepped(1.5, 7.0)
    assert cell_of(Pair("mine", outofplace=outofplace, inplace=inplace)).status == WORKS
    cell = cell_of(Pair("mine", outofplace=outofplace, inplace=inplace, delicate=(-3.0, 1.5)))
    assert cell.status == WRONG and "at x = 1.5 the gradient is" in cell.text


def test_a_tie_with_the_operand_is_asked_undeclared():
    class Larger(torch.autograd.Function):
        """The maximum in place, whose ties give both operands a gradient twice too large."""

        @staticmethod
        def forward(context, x, y):
            context.save_for_backward(x.clone(), y)
            context.mark_dirty(x)
            return x.copy_(torch.maximum(x, y))

        @staticmethod
        def backward(context, gradient):
            x, y = context.saved_tensors
            tie = (x == y) * 2
            return gradient * ((x > y) + tie), gradient * ((x < y) + tie)

    pair = Pair("mine", outofplace=Larger.apply, inplace=Larger.apply, others=("real",), baseline_inplace=True)
    assert cell_of(pair).status == WRONG
    assert cell_of(PAIRS["clamp_min_tensor"]).text == "x at 0; an operand at 0, x, x / 2"


def test_the_operands_are_what_the_text_says():
    made = delicate_inputs(tiny_pair(PAIRS["fmod"], "float64", "cpu"))
    x, other = made.tiny.inputs.base.detach(), made.tiny.inputs.others[0].detach()
    pairs = set(zip(x.tolist(), other.tolist(), strict=True))
    assert {(a == 0, b == 0) for a, b in pairs} == {(True, True), (True, False), (False, True), (False, False)}
    assert any(a == b != 0 for a, b in pairs) and any(a == 2 * b != 0 for a, b in pairs)
    assert sum(a != 0 and b not in (0, a, a / 2) for a, b in pairs) > len(x) / 2, "the others are as drawn"
    assert all(float(x[place.element]) == 0 or place.element % 2 == 0 for place in made.places)


def test_a_place_is_met_twice():
    made = delicate_inputs(tiny_pair(PAIRS["scatter"], "float32", "cpu"))
    index = made.tiny.inputs.others[0]
    assert all(column.unique().numel() == (len(column) + 1) // 2 for column in index.T)
    assert made.text == "x at 0; an operand at 0, x, x / 2; places met twice"


def test_rows_at_the_norm_are_made_by_the_declaration():
    made = delicate_inputs(tiny_pair(PAIRS["renorm"], "float64", "cpu"))
    norms = made.tiny.inputs.base.norm(dim=1)
    assert norms[0] == 1 and norms[1] == 0 and (norms[2:] > 1).all()
    assert made.text == "x: rows at the norm"


def test_a_pair_that_declares_none_is_not_asked():
    cell = cell_of(PAIRS["mvlgamma"])
    assert (cell.status, cell.text) == (NO_CASE, "declares no delicate inputs")


@pytest.mark.parametrize("wrong", ["0", [0.0], ("0",), None])
def test_what_is_neither_numbers_nor_a_function_is_refused(wrong):
    with pytest.raises(PairError, match="mine: delicate must be a tuple of numbers or callable, not "):
        Pair("mine", delicate=wrong)


RIGHT = (
    *("abs", "sign", "sqrt", "pow", "log", "clamp", "relu6", "hardtanh", "renorm", "foreach_acos", "fmod", "remainder"),
    *("clamp_min_tensor", "scatter_add", "masked_fill", "nan_to_num"),
)
KNOWN = {
    **dict.fromkeys(RIGHT, WORKS),
    **dict.fromkeys(("hypot", "xlogy", "nextafter", "scatter", "logical_not"), WRONG),
    "bitwise_and": NO_CASE,
}


@pytest.mark.skipif(not torch.__version__.startswith("2.13."), reason="known of torch 2.13")
@pytest.mark.parametrize("name", KNOWN)
def test_what_is_known_of_torch_is_found_at_delicate_inputs(name):
    assert cell_of(PAIRS[name]).status == KNOWN[name]
