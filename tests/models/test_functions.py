"""Custom activations: values and derivatives to second order, and the same storage in place."""

import pytest
import torch
from torch.nn import functional as F

from benchmarks.models.functions import softplus, softplus_, swish, swish_

FUNCTIONS = [(swish, F.silu), (swish_, F.silu), (softplus, F.softplus), (softplus_, F.softplus)]


def names(value):
    return getattr(value, "__name__", value)


@pytest.mark.parametrize("function, expected", FUNCTIONS, ids=names)
def test_values_are_torchs(function, expected):
    x = torch.linspace(-30, 30, 101)
    torch.testing.assert_close(function(x.clone()), expected(x))


@pytest.mark.parametrize("function, expected", FUNCTIONS, ids=names)
def test_derivatives_to_second_order(function, expected):
    x = torch.linspace(-5, 5, 12, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: function(x.clone()), x)
    assert torch.autograd.gradgradcheck(lambda x: function(x.clone()), x)


@pytest.mark.parametrize("function", [swish_, softplus_])
def test_in_place_is_in_place_and_counted(function):
    x = torch.randn(4, requires_grad=True).clone()
    version = x._version
    assert function(x).data_ptr() == x.data_ptr() and x._version > version
    with pytest.raises(RuntimeError, match="leaf"):
        function(torch.randn(4, requires_grad=True))
