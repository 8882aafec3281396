"""InPlace-ABN: torch's own numbers, its input's storage, and derivatives to third order."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.models.inplace_abn import InplaceABN

SHAPE = (3, 4, 3, 2)


def module(kind=torch.float64) -> InplaceABN:
    torch.manual_seed(1)
    abn = InplaceABN(4, slope=0.1).to(kind)
    with torch.no_grad():
        abn.weight.uniform_(0.5, 1.5)
        abn.weight[1] *= -1  # a mirrored channel is rebuilt as well as any other
        abn.bias.normal_()
    return abn


def operands(abn: InplaceABN) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(2)
    x = torch.randn(SHAPE, dtype=abn.weight.dtype, requires_grad=True)
    return x, abn.weight, abn.bias


def inplace(abn: InplaceABN, x, weight, bias):
    return torch.func.functional_call(abn, {"weight": weight, "bias": bias}, (x.clone(),))


def by_hand(abn: InplaceABN, x, weight, bias):
    """Mean and variance as ops of their own: torch's batch_norm is wrong from the third order (pytorch #186256)."""
    centred = x - x.mean((0, 2, 3), keepdim=True)
    inverse = (centred.square().mean((0, 2, 3), keepdim=True) + abn.eps).rsqrt()
    return F.leaky_relu(centred * inverse * weight[:, None, None] + bias[:, None, None], abn.slope)


def derivatives(function, order: int) -> list[torch.Tensor]:
    """The gradients of a sum of squares of the gradients of ... of the result, `order` times."""
    abn = module()
    some = operands(abn)
    results = [function(abn, *some)]
    for i in range(order):
        total = sum(t.square().sum() for t in results)
        results = torch.autograd.grad(total, some, create_graph=i + 1 < order)
    return [t.detach() for t in results]


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_derivatives_are_those_of_the_formula(order):
    for ours, expected in zip(derivatives(inplace, order), derivatives(by_hand, order), strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-9, atol=1e-9)


def test_numeric_derivatives():
    abn = module()
    some = operands(abn)
    assert torch.autograd.gradcheck(lambda *a: inplace(abn, *a), some)
    assert torch.autograd.gradgradcheck(lambda *a: inplace(abn, *a), some)


def test_both_ways_of_backward_agree():
    """One kernel where no graph is recorded, differentiable ops where one is."""
    abn = module()
    some = operands(abn)
    upstream = torch.randn(SHAPE, dtype=torch.float64)
    fast, recorded = (torch.autograd.grad(inplace(abn, *some), some, upstream, create_graph=c) for c in (False, True))
    for one, other in zip(fast, recorded, strict=True):
        torch.testing.assert_close(one, other)


def test_values_and_statistics_are_torchs_to_the_bit():
    abn = module(torch.float32)
    norm = nn.BatchNorm2d(4)
    norm.load_state_dict(abn.state_dict())
    x = torch.randn(SHAPE)
    with torch.no_grad():
        assert torch.equal(abn(x.clone()), F.leaky_relu(norm(x), 0.1))
        for ours, theirs in zip(abn.buffers(), norm.buffers(), strict=True):
            assert torch.equal(ours, theirs)
        abn.eval(), norm.eval()
        assert torch.equal(abn(x.clone()), F.leaky_relu(norm(x), 0.1))


def test_the_result_lies_where_the_input_was_and_writing_it_is_noticed():
    abn = module(torch.float32)
    x = torch.randn(SHAPE, requires_grad=True).clone()
    y = abn(x)
    assert y is x or y.data_ptr() == x.data_ptr()
    y.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()
