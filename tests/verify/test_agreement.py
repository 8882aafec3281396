"""How far two tensors agree, against counting by hand."""

import math

import pytest
import torch

from benchmarks.verify.agreement import Agreement, agreement_of, where_different

DTYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.complex64, torch.int64, torch.uint8)


@pytest.mark.parametrize("dtype", [*DTYPES, torch.bool], ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)], ids=str)
def test_what_is_equal_agrees_to_the_last_bit(dtype, shape):
    t = torch.ones(shape, dtype=dtype)
    assert agreement_of(t, t.clone()) == Agreement(t.numel(), 0, 0.0)
    assert agreement_of(t, t.clone()).facts == {"error": 0.0, "differing": 0.0}


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_elements_that_differ_are_counted_and_the_largest_is_found(dtype):
    expected = torch.tensor([[1, 2, 4], [8, 16, 64]], dtype=dtype)
    actual = expected.clone()
    actual[0, 1], actual[1, 0] = 1, 24
    seen = agreement_of(expected, actual)
    assert seen == Agreement(6, 2, 16 / 64)
    assert seen.facts == {"error": 0.25, "differing": 2 / 6}
    text = where_different(expected, actual)
    assert text.startswith("in 2 of 6 elements, most at [1, 0]: 8") and "out-of-place, 24" in text


def test_unsigned_numbers_and_bools_are_subtracted_as_numbers():
    one, two = torch.tensor([1, 200], dtype=torch.uint8), torch.tensor([3, 200], dtype=torch.uint8)
    assert agreement_of(one, two) == Agreement(2, 1, 2 / 200)
    flags = torch.tensor([True, False]), torch.tensor([True, True])
    assert agreement_of(*flags) == Agreement(2, 1, 1.0)
    assert where_different(*flags) == "in 1 of 2 elements, most at [1]: False out-of-place, True in-place"


def test_a_number_has_no_place():
    assert (
        where_different(torch.tensor(0.5), torch.tensor(0.25)) == "in 1 of 1 elements: 0.5 out-of-place, 0.25 in-place"
    )


def test_places_are_those_of_the_tensor_and_not_of_its_memory():
    expected = torch.arange(6.0).view(2, 3).t()
    actual = expected.clone()
    actual[2, 1] += 1
    assert ", most at [2, 1]: 5 out-of-place, 6 in-place" in where_different(expected, actual)


def test_what_is_not_finite_is_infinitely_apart_unless_equal():
    expected, actual = torch.tensor([math.inf, 1.0, 2.0]), torch.tensor([math.inf, math.nan, 2.5])
    assert agreement_of(expected, actual).differing == 2
    assert ", most at [1]: 1 out-of-place, nan in-place" in where_different(expected, actual)


def test_of_nothing_but_zeros_no_share_is_taken():
    assert math.isfinite(agreement_of(torch.zeros(2), torch.full((2,), 1e-3)).error)


def test_agreements_add_up():
    ones, twos = torch.ones(4), torch.full((2,), 2.0)
    changed = ones.clone()
    changed[0] = 1.5
    assert agreement_of(ones, changed) + agreement_of(twos, twos) == Agreement(6, 1, 0.5)
    assert Agreement() + Agreement() == Agreement() and Agreement().facts["differing"] == 0
