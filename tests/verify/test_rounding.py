"""Which variant is nearer to float64: known cases, and every way to have no answer."""

import pytest
import torch

from benchmarks.catalogue import Pair
from benchmarks.record import INPLACE, OUTOFPLACE
from benchmarks.verify import rounding
from benchmarks.verify.ops import check_op
from benchmarks.verify.rounding import rounding_errors
from tests.verify.declared import inputs_of


def pair_of(outofplace, inplace, **fields) -> Pair:
    return Pair("rounds", outofplace=outofplace, inplace=inplace, **{"dtypes": ("bfloat16",), **fields})


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_the_variant_that_rounds_once_is_nearer(dtype):
    exactly_once = lambda x: (x.double() * 1.01 * 1.01).to(x.dtype)  # noqa: E731  # one expression
    found = check_op(inputs_of(pair_of(exactly_once, lambda x: x.mul_(1.01).mul_(1.01), dtypes=(dtype,)), dtype=dtype))
    assert found is not None and found.differing > 0
    assert 0 < found.rounding[OUTOFPLACE] < found.rounding[INPLACE] < 0.02
    assert found.facts["inplace_rounding"] == found.rounding[INPLACE]


def test_the_other_way_round():
    found = check_op(
        inputs_of(pair_of(lambda x: x * 1.01 * 1.01, lambda x: x.copy_(x.double() * 1.01 * 1.01)), dtype="bfloat16")
    )
    assert found is not None and found.rounding[INPLACE] < found.rounding[OUTOFPLACE]


def test_what_agrees_to_the_last_bit_is_not_asked():
    found = check_op(inputs_of(pair_of(lambda x: x * 2, lambda x: x.mul_(2)), dtype="bfloat16"))
    assert found is not None and (found.differing, found.rounding) == (0, {})
    assert found.facts == {"error": 0.0, "differing": 0.0}


def refuses_doubles(x):
    if x.dtype == torch.float64:
        raise KeyError("no such dtype here")
    return x * 1.01


@pytest.mark.parametrize(
    "outofplace",
    [refuses_doubles, lambda x: x.bfloat16() * 1.01, lambda x: (x * 1.01).bfloat16()],
    ids=["raises", "stays-narrow", "answers-narrow"],
)
def test_a_variant_without_an_answer_in_double_precision(outofplace):
    inputs = inputs_of(pair_of(outofplace, lambda x: x.mul_(1.01)), dtype="bfloat16")
    results = {variant: [inputs.subject(variant).call(inputs.restore())] for variant in (OUTOFPLACE, INPLACE)}
    assert rounding_errors(inputs, results) is None


def test_whole_numbers_and_doubles_have_none():
    for dtype in ("int64", "float64"):
        inputs = inputs_of(pair_of(lambda x: x * 2, lambda x: x.mul_(2), dtypes=(dtype,)), dtype=dtype)
        assert rounding_errors(inputs, {}) is None


def test_inputs_are_left_as_they_are():
    inputs = inputs_of(Pair("addcmul", others=("real", "real"), dtypes=("bfloat16",)), dtype="bfloat16")
    before = [t.clone() for t in inputs.operands]
    results = {variant: [inputs.subject(variant).call(inputs.restore())] for variant in (OUTOFPLACE, INPLACE)}
    errors = rounding_errors(inputs, results)
    assert errors is not None and errors[OUTOFPLACE] == errors[INPLACE] < 0.01
    assert all(torch.equal(now, old) for now, old in zip(inputs.operands, before, strict=True))


def test_a_large_input_is_not_asked(monkeypatch):
    inputs = inputs_of(pair_of(lambda x: x * 2, lambda x: x.mul_(2)), dtype="bfloat16")
    results = {variant: [inputs.subject(variant).call(inputs.restore())] for variant in (OUTOFPLACE, INPLACE)}
    assert rounding_errors(inputs, results) == {OUTOFPLACE: 0.0, INPLACE: 0.0}
    monkeypatch.setattr(rounding, "MOST_NUMEL", inputs.case.numel - 1)
    assert rounding_errors(inputs, results) is None
