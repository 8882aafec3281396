"""However small the change that an op makes: a variant that makes another one, or none, is refused."""

import pytest
import torch

from benchmarks.catalogue.pair import Pair
from benchmarks.verify.ops import Disagreement, check_op
from tests.verify.declared import inputs_of


def averaged(average, weights):
    return (average.float() * 0.999 + weights.float() * 0.001).to(average.dtype)


def pair_of(outofplace, inplace):
    return Pair("step", outofplace=outofplace, inplace=inplace, others=("real",), dtypes=("float32", "bfloat16"))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("outofplace", [averaged, lambda p, g: p - 1e-2 * g, lambda p, g: torch.where(g > 1, 2 * p, p)])
def test_a_variant_that_does_nothing_is_refused(outofplace, dtype):
    pair = pair_of(outofplace, lambda x, _: x)
    with pytest.raises(Disagreement, match=r"values differ|leaves its input as it was; out-of-place \d+ of 1024"):
        check_op(inputs_of(pair, dtype=dtype))


@pytest.mark.parametrize(
    "inplace, share",
    [
        (lambda p, g: p.sub_(g, alpha=5e-7), "0.5"),
        (lambda p, g: p.sub_(g, alpha=2e-6), "1 "),
        (lambda p, g: p.add_(g, alpha=1e-6), "2"),
        (lambda p, g: p[:512].sub_(g[:512], alpha=1e-6) is None or p, "0.[67]"),
    ],
    ids=["half", "twice", "the other way", "half of the elements"],
)
def test_a_small_step_of_another_size_is_refused(inplace, share):
    with pytest.raises(Disagreement, match=f"the change differs between the variants, by {share}"):
        check_op(inputs_of(pair_of(lambda p, g: p - 1e-6 * g, inplace)))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    "outofplace, inplace",
    [
        (averaged, lambda x, w: x.lerp_(w, 0.001)),
        (lambda p, g: p - 1e-5 * g, lambda p, g: p.sub_(g, alpha=1e-5)),
        (lambda p, g: (p - 1e-3 * g).mul(1 - 1e-4), lambda p, g: p.sub_(g, alpha=1e-3).mul_(1 - 1e-4)),
        (lambda p, g: p.clamp(-100, 100), lambda p, g: p.clamp_(-100, 100)),  # changes nothing, and is right
    ],
    ids=["average", "step", "weight decay", "inside its bounds"],
)
def test_the_same_step_by_other_roundings_passes(outofplace, inplace, dtype):
    check_op(inputs_of(pair_of(outofplace, inplace), dtype=dtype))


@pytest.mark.parametrize(
    "outofplace, inplace, dtype, is_below",
    [
        (lambda p, g: p - 1e-12 * g, lambda p, g: p.sub_(g, alpha=1e-12), "float32", True),
        (lambda p, g: p - 5e-8 * g, lambda p, g: p.sub_(g, alpha=5e-8), "float32", True),
        (lambda p, g: p - 1e-5 * g, lambda p, g: p.sub_(g, alpha=1e-5), "bfloat16", True),
        (lambda p, g: p - 1e-5 * g, lambda p, g: p.sub_(g, alpha=1e-5), "float32", False),
        (lambda p, g: p - 0.1 * g, lambda p, g: p.sub_(g, alpha=0.1), "bfloat16", False),
        (lambda p, g: p.clamp(-100, 100), lambda p, g: p.clamp_(-100, 100), "float32", False),
        (lambda p, g: p + 0 * g, lambda p, g: p.add_(g, alpha=0), "float32", False),
    ],
    ids=["nothing is left", "some elements", "bfloat16", "a step", "a large step", "inside its bounds", "nothing"],
)
def test_a_change_below_what_the_dtype_can_tell_is_told(outofplace, inplace, dtype, is_below):
    found = check_op(inputs_of(pair_of(outofplace, inplace), dtype=dtype))
    assert found.below_resolution is is_below
    assert found.facts.get("below_resolution", False) is is_below
