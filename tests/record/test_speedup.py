"""From times to a speedup: blocks, passes, and the ranks of the sign-test interval, which are SciPy's."""

import math
import random

import numpy as np
import pytest
from scipy.stats import quantile_test

from benchmarks.measure.rounds import LOOKS
from benchmarks.record import block_log_ratios, pass_log_speedup, sign_test_rank


def test_a_block_is_two_rounds_of_each_variant():
    assert block_log_ratios([2, 8, 1, 1, 5], [1, 1, 4, 1, 5]) == pytest.approx([math.log(4), -math.log(2)])
    assert block_log_ratios([2, 0, 4, 4], [1, 1, 1, 1]) == pytest.approx([math.log(4)])


@pytest.mark.parametrize("blocks", [1, 2, 7, 40])
def test_the_speedup_of_a_pass_is_the_median_over_all_pairs_of_rounds(blocks):
    draw = random.Random(blocks)
    outofplace, inplace = ([draw.lognormvariate(0, 0.3) for _ in range(2 * blocks)] for _ in range(2))
    found = pass_log_speedup(outofplace, inplace)
    assert found == pytest.approx(np.median(np.subtract.outer(np.log(outofplace), np.log(inplace))))


def test_a_pass_of_any_length_has_a_speedup():
    draw = random.Random(1)
    outofplace, inplace = ([draw.lognormvariate(of, 0.3) for _ in range(50_000)] for of in (0.5, 0.0))
    assert pass_log_speedup(outofplace, inplace) == pytest.approx(0.5, abs=0.03)


def test_rounds_of_a_block_below_the_clocks_cost_do_not_count():
    assert pass_log_speedup([2, 2, -1, 9, 9], [1, 1, 1, 1, 1]) == pytest.approx(math.log(2))
    assert pass_log_speedup([-1, 2], [1, 1]) is None
    assert pass_log_speedup([], []) is None


def test_drift_within_a_pass_cancels():
    machine = [1.1**at for at in range(8)]  # two blocks, AB BA each
    outofplace = [2 * machine[at] for at in (0, 3, 4, 7)]
    inplace = [machine[at] for at in (1, 2, 5, 6)]
    assert pass_log_speedup(outofplace, inplace) == pytest.approx(math.log(2))


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_ranks_are_those_of_scipys_quantile_test(confidence):
    for n in range(1, 61):
        bounds = quantile_test(range(1, n + 1), q=0, p=0.5).confidence_interval(confidence_level=confidence)
        rank = sign_test_rank(n, confidence)
        if rank == 0:
            assert math.isnan(bounds.low) and math.isnan(bounds.high), n
        else:
            assert (rank, n + 1 - rank) == (bounds.low, bounds.high), n
    assert [sign_test_rank(n) for n in (5, 6, 8, 9)] == [0, 1, 1, 2]
    assert 0 < sign_test_rank(LOOKS[-1]) < LOOKS[-1] / 2


def test_a_run_of_any_number_of_passes_has_an_interval():
    bounds = quantile_test(range(1, 2001), q=0, p=0.5).confidence_interval(confidence_level=0.95)
    assert (sign_test_rank(2000), 2001 - sign_test_rank(2000)) == (bounds.low, bounds.high)
