"""The promises of every pair, in every dtype, layout and operand kind that it declares, with a graph and without.

Same values, the in-place result in the input's storage, the out-of-place one in fresh storage, operands untouched,
nothing written that was not declared, gradients agree (tolerances: benchmarks/verify/ops.py).
"""

import pytest
import torch

from benchmarks.catalogue import families
from benchmarks.inputs import make_inputs, tensors
from benchmarks.record import VARIANTS, Case
from benchmarks.verify.ops import Disagreement, check_op
from tests.catalogue.cases import NUMEL, cases_of, every_dtype_and_layout, plain_case

PAIRS = [(family, pair) for family, pairs in families().items() for pair in pairs]
#: By pair: the dtypes with the layouts that it is tested in.
TESTED = {pair.name: every_dtype_and_layout(pair, turn) for turn, (_, pair) in enumerate(PAIRS)}
#: Gradients that come from the result in place, from the input out-of-place: equal but for rounding.
BY_ANOTHER_FORMULA = {"celu", "elu", "selu", "F.celu_", "F.elu_", "F.selu_", "nn.CELU", "nn.ELU", "nn.SELU"}

#: Forward, backward and step check the same calls of the same tensors: whether a graph is recorded is all that differs.
GRAPH = ("inference", "step")

each_pair = pytest.mark.parametrize("family, pair", PAIRS, ids=[pair.name for _, pair in PAIRS])


@each_pair
def test_every_pair_keeps_its_promises(family, pair):
    broken = {}
    for dtype, layout in TESTED[pair.name]:
        cases = cases_of(family, pair, dtype, layout, GRAPH)
        assert {case.phase for case in cases} == set(pair.phases_in(dtype)) & set(GRAPH)
        assert {case.operand for case in cases} == set(pair.operands)
        for case in cases:
            try:
                check_op(make_inputs(pair, case))
            except Disagreement as reason:
                broken[_axes(case)] = str(reason)
    assert broken == {}


def _axes(case: Case) -> str:
    other = "-othergrad" if case.other_requires_grad else ""
    return f"{case.dtype}-{case.layout}-{case.operand}-{case.phase}{other}"


def test_pairs_are_tested_in_all_their_layouts_and_dtypes_and_each_dtype_in_each_layout():
    for _, pair in PAIRS:
        plain = {(dtype, pair.layouts[0]) for dtype in pair.dtypes} | {(pair.dtypes[0], each) for each in pair.layouts}
        assert set(TESTED[pair.name]) >= plain, pair.name
    tested = {both for some in TESTED.values() for both in some}
    assert tested == {(dtype, layout) for _, pair in PAIRS for dtype in pair.dtypes for layout in pair.layouts}
    assert {layout for _, layout in tested} == {"contiguous", "transposed", "strided", "channels_last", "parameters"}
    assert {dtype for dtype, _ in tested} >= {"float32", "float64", "bfloat16", "complex64", "int64", "bool"}


@each_pair
def test_gradients_are_bit_equal_but_where_the_formula_differs(family, pair):
    """In float32: the finding that the tolerance hides."""
    if "step" not in pair.phases_in(pair.dtypes[0]):
        return
    inputs = make_inputs(pair, plain_case(family, pair, phase="step"))
    gradients = []
    for variant in VARIANTS:
        subject = inputs.subjects[variant]
        gradients.append(subject.backward(subject.call(subject.restore())))
    assert all(map(torch.equal, *gradients)) or pair.name in BY_ANOTHER_FORMULA


@each_pair
def test_a_restored_input_is_equal_laid_out_alike_and_nobody_elses(family, pair):
    for dtype, layout in TESTED[pair.name]:
        case, *_ = cases_of(family, pair, dtype, layout, phases=("inference",))  # in a shape that has the layout
        inputs = make_inputs(pair, case)
        for base, first, second in zip(*map(tensors, (inputs.base, inputs.restore(), inputs.restore())), strict=True):
            assert torch.equal(first, base) and torch.equal(second, base), (dtype, layout)
            assert first.stride() == second.stride() == base.stride(), (dtype, layout)
            assert len({t.untyped_storage().data_ptr() for t in (base, first, second)}) == 3, (dtype, layout)
            assert not first._is_view(), (dtype, layout)


def test_the_small_size_fills_every_kind_of_shape():
    odd = {"column": NUMEL // 64}
    for family, pair in PAIRS:
        assert plain_case(family, pair).numel == odd.get(pair.shape, NUMEL), pair.name
