"""From both variants' times to a speedup: a log ratio per block, a median per pass, an interval over passes."""

import functools
import math
import statistics
from collections.abc import Sequence
from fractions import Fraction


def block_log_ratios(outofplace_times_s: Sequence[float], inplace_times_s: Sequence[float]) -> list[float]:
    """One value per block: the mean of its two log ratios, ln t_outofplace - ln t_inplace.

    This function alone knows the order of `times_s`: rounds 2i and 2i + 1 of both variants belong to block i. Blocks
    with a time of zero or less (below the clock's own cost) have no ratio and are left out.
    """
    values = []
    for i in range(0, min(len(outofplace_times_s), len(inplace_times_s)) - 1, 2):
        rounds = [*outofplace_times_s[i : i + 2], *inplace_times_s[i : i + 2]]
        if min(rounds) > 0:
            a, b, c, d = map(math.log, rounds)
            values.append((a + b - c - d) / 2)
    return values


def pass_log_speedup(outofplace_times_s: Sequence[float], inplace_times_s: Sequence[float]) -> float | None:
    """The log speedup of a case in one pass: the median over its blocks; None if no block has a ratio."""
    values = block_log_ratios(outofplace_times_s, inplace_times_s)
    return statistics.median(values) if values else None


@functools.cache
def sign_test_rank(n: int, confidence: float = 0.95) -> int:
    """The rank r of a median's interval, from the r-th smallest to the r-th largest of n values; 0: no interval.

    r is the largest with P(Binomial(n, 1/2) < r) <= (1 - confidence) / 2. Computed in whole numbers: 0.5**n underflows
    a float from n = 1075 on, and a stored run may have any number of passes.
    """
    most = Fraction((1 - confidence) / 2) * 2**n
    outcomes, fewer, rank = 1, 0, 0  # of 2**n outcomes, how many have exactly `rank` heads, and how many fewer
    while rank < n and fewer + outcomes <= most:
        fewer += outcomes
        outcomes = outcomes * (n - rank) // (rank + 1)
        rank += 1
    return rank
