"""Variants that draw different random numbers, as dropout's do on CUDA: each is held to what it must draw."""

from dataclasses import replace

import pytest
import torch

from benchmarks.catalogue import families
from benchmarks.catalogue.draws import Dropped
from benchmarks.catalogue.pair import Pair
from benchmarks.inputs import make_inputs
from benchmarks.record import Case
from benchmarks.verify.ops import Disagreement, check_op

GPU, CPU = "cuda:0", "cpu"
PAIRS = {pair.name: pair for each in families().values() for pair in each}


def inputs_on(device, pair, phase="step", dtype="float32"):
    """Tensors of the CPU under a case of `device`: it decides how they are checked."""
    shape = (2**14,)
    case = Case("any", pair.name, phase, 2**14, shape, dtype, "contiguous", "none", False, CPU, "inherited", 1)
    made = make_inputs(pair, case)
    return replace(made, case=replace(case, device=device))


def mask(x, seed, p=0.5, scale=2.0):
    """What scales x, drawn by a generator of its own."""
    return (torch.rand(x.shape, generator=torch.Generator().manual_seed(seed)) >= p).to(x.dtype) * scale


def drops(x):
    return x * mask(x, seed=1)


def drops_(x):
    return x.mul_(mask(x, seed=2))


class OtherGradient(torch.autograd.Function):
    """Drops in place by one mask, and its gradient by what `factor` makes of it."""

    @staticmethod
    def forward(context, x, factor):
        context.mark_dirty(x)
        context.by = factor(mask(x, seed=2))
        return x.mul_(mask(x, seed=2))

    @staticmethod
    def backward(context, gradient):
        return gradient * context.by, None


def pair_of(inplace=drops_, outofplace=drops):
    code = ("drops(x)", "drops_(x)")
    return Pair("mine", outofplace, inplace, random=True, draws_on_cuda=Dropped(0.5), code=code)


@pytest.mark.parametrize("phase", ["inference", "forward", "backward", "step"])
def test_two_generators_agree_where_draws_differ_and_nowhere_else(phase):
    check_op(inputs_on(GPU, pair_of(), phase))
    with pytest.raises(Disagreement, match="values differ between the variants"):
        check_op(inputs_on(CPU, pair_of(), phase))
    with pytest.raises(Disagreement, match="values differ between the variants"):
        check_op(inputs_on(GPU, replace(pair_of(), draws_on_cuda=None), phase))


@pytest.mark.parametrize("name", ["dropout", "nn.Dropout"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("phase", ["inference", "step"])
def test_dropout_draws_what_it_declares(name, dtype, phase):
    check_op(inputs_on(GPU, PAIRS[name], phase, dtype))


LIARS = [  # what is wrong, the in-place variant, the reason given
    ("scale forgotten", lambda x: x.mul_(mask(x, 2, scale=1.0)), r"has values that are neither 0 nor x / \(1 - p\)"),
    ("p off by 0.1", lambda x: x.mul_(mask(x, 2, p=0.6)), r"drops 0.6\d* of its elements, not 0.5"),
    ("nothing dropped", lambda x: x.mul_(2.0), "drops 0 of its elements, not 0.5"),
    ("infinite", lambda x: x.mul_(mask(x, 2)).div_(0), "values not finite"),
]
WRONG_GRADIENTS = [
    ("another mask", lambda by: by.roll(1), "has gradients by another mask than its values"),
    ("scale forgotten", lambda by: by / 2, r"has gradients that are not upstream / \(1 - p\)"),
    ("not finite", lambda by: by * torch.inf, "gradients not finite"),
]


@pytest.mark.parametrize("what, inplace, reason", LIARS)
@pytest.mark.parametrize("phase", ["inference", "step"])
def test_a_variant_that_draws_otherwise_is_refused(what, inplace, reason, phase):
    with pytest.raises(Disagreement, match=reason):
        check_op(inputs_on(GPU, pair_of(inplace), phase))


@pytest.mark.parametrize("what, factor, reason", WRONG_GRADIENTS)
def test_a_gradient_of_another_draw_is_refused(what, factor, reason):
    pair = pair_of(lambda x: OtherGradient.apply(x, factor))
    check_op(inputs_on(GPU, pair, "inference"))
    with pytest.raises(Disagreement, match=reason):
        check_op(inputs_on(GPU, pair))


def test_the_variant_is_named_and_the_other_promises_are_kept():
    with pytest.raises(Disagreement, match=r"^the out-of-place variant drops 0 of"):
        check_op(inputs_on(GPU, pair_of(outofplace=lambda x: x * 2.0)))
    with pytest.raises(Disagreement, match=r"^the out-of-place variant returns torch.float64"):
        check_op(inputs_on(GPU, pair_of(outofplace=lambda x: drops(x).double()), "inference"))
    with pytest.raises(Disagreement, match="the in-place variant does not return its input"):
        check_op(inputs_on(GPU, pair_of(drops)))
    with pytest.raises(Disagreement, match="the out-of-place variant writes its input"):
        check_op(inputs_on(GPU, pair_of(outofplace=drops_), "inference"))
