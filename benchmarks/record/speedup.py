"""What the times of both variants say of a speedup: a log ratio a block, a median a pass, an interval over values."""

import functools
import math
import statistics
from collections.abc import Sequence
from fractions import Fraction


def block_log_ratios(outofplace_times_s: Sequence[float], inplace_times_s: Sequence[float]) -> list[float]:
    """One value a block: the mean of its two log ratios, ln t_outofplace - ln t_inplace.

    The only place that knows the order of `times_s`: rounds 2i and 2i + 1 of both variants belong to block i.
    Blocks in which a time is not above zero (below the clock's own cost) carry no ratio and are left out.
    """
    values = []
    for i in range(0, min(len(outofplace_times_s), len(inplace_times_s)) - 1, 2):
        rounds = [*outofplace_times_s[i : i + 2], *inplace_times_s[i : i + 2]]
        if min(rounds) > 0:
            a, b, c, d = map(math.log, rounds)
            values.append((a + b - c - d) / 2)
    return values


def pass_log_speedup(outofplace_times_s: Sequence[float], inplace_times_s: Sequence[float]) -> float | None:
    """What one pass says of a case: the median over its blocks; None where no block carries a ratio."""
    values = block_log_ratios(outofplace_times_s, inplace_times_s)
    return statistics.median(values) if values else None


@functools.cache
def sign_test_rank(n: int, confidence: float = 0.95) -> int:
    """The interval of a median runs from the rank-th smallest to the rank-th largest of n values; 0: none does.

    The largest rank r with P(Binomial(n, 1/2) < r) <= (1 - confidence) / 2, in whole numbers: 0.5**n is nothing to a
    float from n = 1075 on, and a stored run may have any number of passes.
    """
    most = Fraction((1 - confidence) / 2) * 2**n
    outcomes, fewer, rank = 1, 0, 0  # of 2**n, those with exactly `rank` heads, and with fewer
    while rank < n and fewer + outcomes <= most:
        fewer += outcomes
        outcomes = outcomes * (n - rank) // (rank + 1)
        rank += 1
    return rank
