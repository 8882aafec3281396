"""One case of a user's pair, and the pair itself, for tests."""

import torch

from benchmarks.catalogue import Pair
from benchmarks.record import USER, Case

CASE = Case(USER, "mine", "inference", 64, (64,), "float32", "contiguous", "none", False, "cpu", "retained", 1)


def fails_with(error):
    def variant(*_):
        raise error

    return variant


def pair_of(outofplace=torch.neg, inplace=torch.neg_, **fields):
    return Pair("mine", outofplace=outofplace, inplace=inplace, **fields)
