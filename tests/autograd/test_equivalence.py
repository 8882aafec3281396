"""Right before fast: every pair of the catalogue agrees, and every kind of lie is found."""

import pytest
import torch

from benchmarks.autograd.equivalence import Disagreement, check
from benchmarks.catalogue import families
from benchmarks.catalogue.pair import Pair
from benchmarks.inputs import make_inputs
from benchmarks.record import Case

CASES = [
    (pair, phase, operand, other_requires_grad)
    for pairs in families().values()
    for pair in pairs
    for phase in pair.phases
    for operand in pair.operands
    for other_requires_grad in {False, bool(pair.others) and phase != "inference" and operand == "same"}
]


def inputs_of(pair, phase="inference", operand=None, other_requires_grad=False, dtype="float32"):
    operand = operand or pair.operands[0]
    device = "cpu", "inherited", 1
    return make_inputs(
        pair, Case("any", pair.name, phase, 1024, (1024,), dtype, "contiguous", operand, other_requires_grad, *device)
    )


@pytest.mark.parametrize(
    "pair, phase, operand, other_requires_grad",
    CASES,
    ids=[f"{pair.name}-{phase}-{operand}{'-othergrad' * grad}" for pair, phase, operand, grad in CASES],
)
def test_every_pair_agrees_in_every_phase(pair, phase, operand, other_requires_grad):
    check(inputs_of(pair, phase, operand, other_requires_grad))


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "float16"])
@pytest.mark.parametrize("name", ["exp", "mul", "elu", "selu", "celu"])
def test_other_dtypes_agree_within_their_own_tolerance(name, dtype):
    pair = next(pair for pairs in families().values() for pair in pairs if pair.name == name)
    check(inputs_of(pair, "step", dtype=dtype))


def double(x, *_):
    return x * 2


def double_(x, *_):
    return x.mul_(2)


class Tripled(torch.autograd.Function):
    """Doubles in place, and claims a gradient of three."""

    @staticmethod
    def forward(context, x):
        context.mark_dirty(x)
        return x.mul_(2)

    @staticmethod
    def backward(context, gradient):
        return gradient * 3


def writes_other(x, other):
    other.add_(1)
    return x * 2


def writes_other_(x, other):
    other.add_(1)
    return x.mul_(2)


FORMS = [  # what is wrong, the out-of-place form, the in-place form, the reason given
    ("nothing written", double, lambda x: x, "values differ"),
    ("in place elsewhere", double, double, "the in-place form does not return its input"),
    ("in place by a copy", double, lambda x: x.mul_(2).clone(), "the in-place form does not return its input"),
    ("part of the input", double, lambda x: x.mul_(2)[:10], "the in-place form does not return its input"),
    ("nothing returned", double, lambda x: None, "returns NoneType"),
    ("out of place, yet written", double_, double_, "the out-of-place form writes its input"),
    ("written, result elsewhere", lambda x: x.mul_(2).clone(), double_, "the out-of-place form writes its input"),
    ("a view of the input", lambda x: x.view(32, 32).view(-1), lambda x: x, "returns its input's storage"),
    ("the input itself", lambda x: x, lambda x: x, "returns its input's storage"),
    ("another value", lambda x: x * 2.001, double_, r"values differ between the variants, by up to 0.0005 relative"),
    ("one value of many", lambda x: torch.where(x == x.max(), x * 2.001, x * 2), double_, "values differ"),
    ("another dtype", lambda x: (x * 2).double(), double_, "float64 .* out-of-place, torch.float32"),
    ("another shape", lambda x: (x * 2).view(32, 32), double_, r"\(32, 32\) out-of-place"),
    ("NaN", lambda x: x * torch.nan, lambda x: x.mul_(torch.nan), "values not finite"),
    ("infinite", lambda x: x / 0, lambda x: x.div_(0), "values not finite"),
    ("infinite in place only", double, lambda x: x.div_(0), "values not finite"),
    ("denormal", lambda x: x * 1e-40, lambda x: x.mul_(1e-40), "values denormal"),
]


@pytest.mark.parametrize("outofplace, inplace, reason", [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_liars_are_refused(outofplace, inplace, reason):
    with pytest.raises(Disagreement, match=reason) as refused:
        check(inputs_of(Pair("liar", outofplace=outofplace, inplace=inplace)))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("outofplace, inplace", [(writes_other, double_), (double, writes_other_)])
def test_no_operand_but_the_own_input_is_written(outofplace, inplace):
    with pytest.raises(Disagreement, match="writes an operand other than its own input"):
        check(inputs_of(Pair("liar", outofplace=outofplace, inplace=inplace, others=("real",))))


@pytest.mark.parametrize(
    "outofplace, inplace, reason",
    [
        (double, Tripled.apply, "gradients differ between the variants, by up to 0.5 relative"),
        (double, lambda x: x.mul_(2).detach().requires_grad_(), "appears to not have been used in the graph"),
        (lambda x: (x * 0).sqrt(), lambda x: x.mul_(0).sqrt_(), "gradients not finite"),
    ],
    ids=["another gradient", "no gradient", "infinite"],
)
@pytest.mark.parametrize("phase", ["forward", "backward", "step"])
def test_gradients_are_held_to_the_same(outofplace, inplace, reason, phase):
    with pytest.raises((Disagreement, RuntimeError), match=reason):
        check(inputs_of(Pair("liar", outofplace=outofplace, inplace=inplace), phase))


def test_zeros_are_no_denormals_and_an_honest_pair_passes():
    check(inputs_of(Pair("zeros", outofplace=lambda x: x * 0, inplace=lambda x: x.mul_(0))))
    for phase in ("inference", "forward", "backward", "step"):
        check(inputs_of(Pair("honest", outofplace=double, inplace=double_), phase))


def test_the_check_leaves_its_inputs_as_they_were():
    inputs = inputs_of(Pair("mul", others=("real",)), "step")
    before = [inputs.base.detach().clone(), inputs.others[0].clone()]
    check(inputs)
    assert torch.equal(inputs.base, before[0]) and torch.equal(inputs.others[0], before[1])
    assert inputs.base.grad is None
