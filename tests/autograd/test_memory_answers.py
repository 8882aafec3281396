"""What in-place saves in training: the plain answer and the exact bytes, one op a class."""

import pytest

from benchmarks.autograd.safety.rows import COSTS_A_COPY, WHILE_IT_RUNS, YES
from benchmarks.autograd.safety.saved import ARGUMENT, CLONE, memory_classes
from benchmarks.catalogue import families

PAIRS = {pair.name: pair for pairs in families().values() for pair in pairs}

#: Bytes in multiples of the input's: held out-of-place and in place, peak out-of-place and in place, and the answer.
COUNTED = {
    "add": (1, 1, 2, 1, WHILE_IT_RUNS),
    "relu": (1, 1, 2, 1, WHILE_IT_RUNS),
    "exp": (1, 1, 2, 1, WHILE_IT_RUNS),
    "leaky_relu": (2, 1, 2, 1, YES),
    "elu": (2, 1, 2, 1, YES),
    "silu": (2, 2, 2, 2, COSTS_A_COPY),
    "hardtanh": (2, 2, 2, 2, COSTS_A_COPY),
    "sin": (2, 2, 2, 2, COSTS_A_COPY),
}


@pytest.mark.parametrize("name", COUNTED)
def test_bytes_are_those_of_the_class(name):
    saved = memory_classes(PAIRS[name], "cpu")[0]
    held = (saved.outofplace_held_bytes, saved.inplace_held_bytes)
    peak = (saved.outofplace_peak_bytes, saved.inplace_peak_bytes)
    assert (*(count / saved.input_bytes for count in held + peak), saved.answer) == COUNTED[name]


def test_the_other_operands_gradient_decides_for_mul():
    alone, both = memory_classes(PAIRS["mul"], "cpu")
    assert (alone.inplace, alone.answer) == ((ARGUMENT,), WHILE_IT_RUNS)
    assert (both.inplace, both.answer) == ((ARGUMENT, CLONE), COSTS_A_COPY)
