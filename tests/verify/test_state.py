"""What setup made for a call is compared too."""

import pytest
import torch

from benchmarks.catalogue.pair import Pair
from benchmarks.verify.ops import Disagreement, check_op
from tests.verify.declared import inputs_of


def centred(x, mean):
    mean.copy_(x.mean(0))
    return x - mean


def centred_(x, mean):
    x.sub_(x.mean(0))
    mean.fill_(-7.0)
    return x


def counts_by_one(x, counter):
    counter.add_(1)
    return x * 2


def counts_by_two_(x, counter):
    counter.add_(2)
    return x.mul_(2)


@pytest.mark.parametrize(
    "outofplace, inplace, setup",
    [
        (centred, centred_, lambda x: torch.zeros(x.shape[1])),
        (counts_by_one, counts_by_two_, lambda x: torch.zeros((), dtype=torch.int64)),
        (lambda x, _: x * 2, counts_by_two_, lambda x: torch.zeros(())),
    ],
    ids=["another mean", "another count", "only in place"],
)
def test_what_setup_made_is_left_the_same(outofplace, inplace, setup):
    pair = Pair("stateful", outofplace=outofplace, inplace=inplace, shape=(32, 8), setup=setup)
    with pytest.raises(Disagreement, match="tensor 0 of what setup made is left different by the in-place variant"):
        check_op(inputs_of(pair, shape=(32, 8)))


def test_what_nobody_writes_of_it_may_hold_anything():
    pair = Pair("idle", outofplace=lambda x, _: x * 2, inplace=lambda x, _: x.mul_(2), setup=random_nan)
    check_op(inputs_of(pair))


def random_nan(x):
    return torch.rand_like(x) * torch.nan
