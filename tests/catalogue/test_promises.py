"""The promises of every pair, in every dtype and layout, phase and operand kind that it declares.

Same values, the in-place result in the input's storage, the out-of-place one in fresh storage, operands untouched,
nothing written that was not declared, gradients agree (tolerances: benchmarks/verify/ops.py).
"""

import pytest
import torch

from benchmarks.catalogue import families
from benchmarks.inputs import make_inputs, tensors
from benchmarks.record import VARIANTS
from benchmarks.verify.ops import check
from tests.catalogue.cases import NUMEL, cases_of, every_dtype_and_layout, plain_case

ALL = list(every_dtype_and_layout(families()))
#: Gradients that come from the result in place, from the input out-of-place: equal but for rounding.
BY_ANOTHER_FORMULA = {"celu", "elu", "selu", "F.celu_", "F.elu_", "F.selu_", "nn.CELU", "nn.ELU", "nn.SELU"}


@pytest.mark.parametrize("family, pair, dtype, layout", ALL, ids=[f"{p.name}-{d}-{la}" for _, p, d, la in ALL])
def test_every_pair_keeps_its_promises(family, pair, dtype, layout):
    cases = cases_of(family, pair, dtype, layout)
    assert {case.phase for case in cases} == set(pair.phases_in(dtype))
    assert {case.operand for case in cases} == set(pair.operands)
    for case in cases:
        check(make_inputs(pair, case))


def test_pairs_are_measured_in_all_layouts_and_dtypes():
    assert {layout for *_, layout in ALL} == {"contiguous", "transposed", "strided", "channels_last", "parameters"}
    assert {dtype for _, _, dtype, _ in ALL} >= {"float32", "float64", "bfloat16", "complex64", "int64", "bool"}


PAIRS = [(family, pair) for family, pairs in families().items() for pair in pairs]


@pytest.mark.parametrize("family, pair", PAIRS, ids=[pair.name for _, pair in PAIRS])
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


@pytest.mark.parametrize("family, pair, dtype, layout", ALL, ids=[f"{p.name}-{d}-{la}" for _, p, d, la in ALL])
def test_a_restored_input_is_equal_laid_out_alike_and_nobody_elses(family, pair, dtype, layout):
    inputs = make_inputs(pair, plain_case(family, pair, dtype=dtype, layout=layout))
    for base, first, second in zip(*map(tensors, (inputs.base, inputs.restore(), inputs.restore())), strict=True):
        assert torch.equal(first, base) and torch.equal(second, base)
        assert first.stride() == second.stride() == base.stride()
        assert len({t.untyped_storage().data_ptr() for t in (base, first, second)}) == 3
        assert not first._is_view()


def test_the_small_size_fills_every_kind_of_shape():
    odd = {"column": NUMEL // 64}
    for family, pair in PAIRS:
        assert plain_case(family, pair).numel == odd.get(pair.shape, NUMEL), pair.name
