"""The compiled columns of the safety matrix: what compiled code does otherwise is found in each situation."""

import pytest
import torch
from torch.nn import functional

from benchmarks.autograd.record.safety import COMPILED, NO_CASE, WORKS, WRONG
from benchmarks.autograd.safety.matrix import examine_cell
from benchmarks.catalogue import Pair, families

pytestmark = pytest.mark.slow

PAIRS = {pair.name: pair for pairs in families().values() for pair in pairs}
EAGER_BACKEND = [column for column in COMPILED if column.startswith("aot_eager")]


def cell(pair, column):
    return examine_cell(pair, column, "cpu", True)


def test_the_columns_are_those_of_both_backends():
    assert EAGER_BACKEND == ["aot_eager", "aot_eager_view", "aot_eager_itself", "aot_eager_overlapping"]
    others = [column for column in COMPILED if column not in EAGER_BACKEND]
    assert [column.replace("inductor", "aot_eager") for column in others] == EAGER_BACKEND


@pytest.mark.parametrize(
    "name, column",
    [
        *(("add", column) for column in EAGER_BACKEND[:3]),
        *(("zero", "aot_eager_view"), ("eq", "aot_eager_view")),  # whose results have no gradient
        ("ceil", "aot_eager_overlapping"),
    ],
)
def test_an_honest_op_works(name, column):
    assert cell(PAIRS[name], column).status == WORKS


@pytest.mark.parametrize("column", EAGER_BACKEND)
def test_another_value_in_compiled_code_is_found(column):
    def add(x, other):
        return x.add_(other * 2 if torch.compiler.is_compiling() else other)

    pair = Pair("mine", outofplace=torch.add, inplace=add, others=("real",))
    assert cell(pair, column).status == WRONG


def test_a_write_that_leaves_the_view_is_found():
    def spills(x):
        x.mul_(2)
        if torch.compiler.is_compiling():
            x.as_strided((1,), (1,), x.storage_offset() + x.numel()).add_(1)  # the element behind it
        return x

    honest = Pair("mine", outofplace=lambda x: x * 2, inplace=lambda x: x.mul_(2))
    assert cell(honest, "aot_eager_view").status == WORKS
    assert cell(Pair("mine", outofplace=lambda x: x * 2, inplace=spills), "aot_eager_view").status != WORKS


@pytest.mark.parametrize("column, status", [("aot_eager_itself", WRONG), ("aot_eager", WORKS)])
def test_an_operand_read_after_the_write_is_found(column, status):
    def late(x, other):
        if torch.compiler.is_compiling() and other.shape == x.shape and other is not x:
            return x.copy_(x + (other if column == "aot_eager" else x.flip(0) * 2))
        return x.add_(other)

    assert cell(Pair("mine", outofplace=torch.add, inplace=late, others=("real",)), column).status == status


@pytest.mark.skipif(not torch.__version__.startswith("2.13."), reason="a bug of torch 2.13")
@pytest.mark.parametrize("column", ["aot_eager", "aot_eager_view"])
def test_a_write_that_compiled_code_drops_is_found(column):
    def dropped(x):
        functional.dropout(x, 0.5, training=False).mul_(2)
        return x

    assert cell(Pair("mine", outofplace=lambda x: x * 2, inplace=dropped), column).status == WRONG


def test_what_has_no_such_operand_or_draws_is_no_case():
    assert cell(PAIRS["relu"], "aot_eager_itself").text == "takes no other tensor of its input's shape"
    assert cell(PAIRS["cumsum"], "aot_eager_overlapping").status != NO_CASE
    assert {cell(PAIRS["dropout"], column).status for column in EAGER_BACKEND} == {NO_CASE}
