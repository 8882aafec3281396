"""From both variants' times to a speedup: log ratios of blocks, one of a pass, the rank of an interval over passes."""

import functools
import math
import statistics
from collections.abc import Sequence
from fractions import Fraction

#: Of a pass with more blocks, evenly spaced ones are taken, so that a pass of any length has at most a million pairs.
_MOST_BLOCKS = 500


def block_log_ratios(outofplace_times_s: Sequence[float], inplace_times_s: Sequence[float]) -> list[float]:
    """One value per block: the mean of its two log ratios, ln t_outofplace - ln t_inplace.

    Their spread says how precise a pass is so far. Blocks with a time of zero or less have no ratio and are left out.
    """
    blocks = _block_logs(outofplace_times_s, inplace_times_s)
    return [(sum(outofplace) - sum(inplace)) / 2 for outofplace, inplace in blocks]


def pass_log_speedup(outofplace_times_s: Sequence[float], inplace_times_s: Sequence[float]) -> float | None:
    """The log speedup of a case in one pass; None if no block has a ratio.

    It is the median of ln t_outofplace - ln t_inplace over all pairs of a round of one variant and a round of the other
    (the Hodges-Lehmann estimate of the shift between two samples). The rounds alternate, so both samples see the same
    machine; an interruption makes one round slow, and with it few pairs. The median over blocks, each of four rounds,
    differs more from pass to pass: an interruption of any round costs its block (`make selftest` compares both).
    """
    blocks = _block_logs(outofplace_times_s, inplace_times_s)
    if not blocks:
        return None
    blocks = blocks[:: -(-len(blocks) // _MOST_BLOCKS)]
    outofplace = sorted(log for logs, _ in blocks for log in logs)
    inplace = sorted((log for _, logs in blocks for log in logs), reverse=True)
    # Each variant is sorted, so the differences are ascending runs, which `sorted` merges.
    return statistics.median([slow - fast for slow in outofplace for fast in inplace])


def _block_logs(
    outofplace_times_s: Sequence[float], inplace_times_s: Sequence[float]
) -> list[tuple[list[float], list[float]]]:
    """The natural logs of both variants' times (s), per block whose times are all above zero.

    This function alone knows the order of `times_s`: rounds 2i and 2i + 1 of both variants belong to block i. A time of
    zero or less is below the clock's own cost.
    """
    blocks = []
    for at in range(0, min(len(outofplace_times_s), len(inplace_times_s)) - 1, 2):
        outofplace, inplace = outofplace_times_s[at : at + 2], inplace_times_s[at : at + 2]
        if min(*outofplace, *inplace) > 0:
            blocks.append(([math.log(time) for time in outofplace], [math.log(time) for time in inplace]))
    return blocks


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
