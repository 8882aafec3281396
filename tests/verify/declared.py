"""Pairs declared for a test of the checks, and their inputs."""

import math

from benchmarks.catalogue.pair import Pair
from benchmarks.inputs import make_inputs
from benchmarks.record import Case


def inputs_of(pair, phase="inference", layout="contiguous", dtype="float32", shape=(1024,)):
    operand, numel = pair.operands[0], math.prod(shape)
    device = "cpu", "inherited", 1
    return make_inputs(pair, Case("any", pair.name, phase, numel, shape, dtype, layout, operand, False, *device))


def double(x, *_):
    return x * 2


def double_(x, *_):
    return x.mul_(2)


def declared(outofplace, inplace):
    """A pair of two callables that may stand on one line."""
    return Pair("declared", outofplace=outofplace, inplace=inplace, code=("double(x)", "double_(x)"))
