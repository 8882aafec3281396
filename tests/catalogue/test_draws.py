"""What dropout must draw: results as CUDA's kernels round them are right, and each kind of lie has its own reason."""

import pytest
import torch

from benchmarks.catalogue import families
from benchmarks.catalogue.draws import Dropped
from benchmarks.catalogue.pair import Pair, PairError
from benchmarks.tensors import sample

CPU = torch.device("cpu")
NUMEL = 2**14


def drawn(dtype=torch.float32, p=0.5, role="x"):
    """An input, and which of its elements are kept."""
    x = sample("real", (NUMEL,), dtype, CPU, role)
    return x, torch.rand(NUMEL, generator=torch.Generator().manual_seed(0)) >= p


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("p", [0.1, 0.3, 0.5])
def test_both_ways_of_rounding_are_right(dtype, p):
    """Out-of-place CUDA multiplies in float32 (in float64 for float64); in-place by a mask that is rounded itself."""
    (x, kept), (upstream, _) = drawn(dtype, p), drawn(dtype, p, "upstream")
    wide = torch.promote_types(dtype, torch.float32)
    mask = kept.to(dtype).div_(1 - p)
    for scaled in (lambda t: (t.to(wide) * kept * (1 / (1 - p))).to(dtype), lambda t: t * mask):
        assert Dropped(p).wrong_values(x, scaled(x)) is None
        assert Dropped(p).wrong_gradient(scaled(x), upstream, scaled(upstream)) is None


@pytest.mark.parametrize(
    "result, reason",
    [
        (lambda x, kept: x * kept, "has values that are neither 0 nor x / (1 - p)"),
        (lambda x, kept: torch.where(kept, 2 * x, 1e-6), "has values that are neither 0 nor x / (1 - p)"),
        (lambda x, kept: x * kept * (2 + 1e-6), "has values that are neither 0 nor x / (1 - p)"),
        (lambda x, kept: 2 * x, "drops 0 of its elements, not 0.5"),
        (lambda x, kept: 0 * x, "drops 1 of its elements, not 0.5"),
        (lambda x, kept: (2 * x * kept)[1:], "returns torch.float32 (16383,) for torch.float32 (16384,)"),
        (lambda x, kept: (2 * x * kept).double(), "returns torch.float64 (16384,) for torch.float32 (16384,)"),
    ],
)
def test_wrong_values_have_their_reason(result, reason):
    x, kept = drawn()
    assert Dropped(0.5).wrong_values(x, result(x, kept)) == reason


def test_the_share_of_zeros_is_held_to_six_sigma():
    x, _ = drawn()
    sigma = (0.25 / NUMEL) ** 0.5
    for off, is_right in ((5.9, True), (-5.9, True), (6.1, False), (-6.1, False)):
        kept = torch.arange(NUMEL) >= round((0.5 + off * sigma) * NUMEL)
        assert (Dropped(0.5).wrong_values(x, 2 * x * kept) is None) == is_right


@pytest.mark.parametrize(
    "gradient, reason",
    [
        (lambda upstream, kept: 2 * upstream * kept.roll(1), "has gradients by another mask than its values"),
        (lambda upstream, kept: 2 * upstream, "has gradients by another mask than its values"),
        (lambda upstream, kept: upstream * kept, "has gradients that are not upstream / (1 - p) where its values are"),
    ],
)
def test_wrong_gradients_have_their_reason(gradient, reason):
    (x, kept), (upstream, _) = drawn(), drawn(role="upstream")
    assert (Dropped(0.5).wrong_gradient(2 * x * kept, upstream, gradient(upstream, kept)) or "").startswith(reason)


def test_two_pairs_draw_different_numbers_on_cuda_and_none_elsewhere():
    pairs = {pair.name: pair for each in families().values() for pair in each}
    assert {name for name, pair in pairs.items() if pair.draws_on_cuda} == {"dropout", "nn.Dropout"}
    for name in ("dropout", "nn.Dropout"):
        assert pairs[name].own_draws("cuda:1") == pairs[name].own_draws("cuda") == Dropped(0.5)
        assert pairs[name].own_draws("cpu") is None
    assert pairs["alpha_dropout"].own_draws("cuda") is None


@pytest.mark.parametrize("fields", [{}, {"random": True, "others": ("real",)}])
def test_draws_are_declared_for_a_random_op_of_one_tensor(fields):
    with pytest.raises(PairError, match="mine: draws_on_cuda is for a random op of one tensor"):
        Pair("mine", draws_on_cuda=Dropped(0.5), **fields)
