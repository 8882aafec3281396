"""Compares runs in many cases at once: trimmed t tests with variances shrunk to a prior, and Holm's correction.

With six values against six, a rank test has no p below 1 in 924: after a correction for 40 cases it could never alarm.
A t test on logarithms can, but estimates each case's variance from 10 degrees of freedom only, so a case that is quiet
by chance alarms. So the variances of all cases make a prior, and each case's own is shrunk towards it: the moderated t
test (Smyth 2004, doi:10.2202/1544-6115.1027), as used for thousands of genes with a handful of samples each.

A process that met a busy neighbour is off by far more than the others scatter. One such pass moves a mean and widens
its interval, so where passes are enough, the lowest and the highest of each run are trimmed (Yuen and Dixon 1973,
doi:10.1093/biomet/60.2.369). Of 714 ops in two runs of a noisy evening, 134 were too uncertain to tell a change by 5 %,
and 177 by plain means.

Passes of one run also share the state of the machine, which no pass of that run alone can show: see `shared_variance`.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

#: No two processes repeat a time more closely than this share. It keeps variances of zero out of the tests.
_LEAST_DEVIATION = 1e-3
#: From this many degrees of freedom on, a prior is as good as a known variance.
_MOST_FREEDOM = 1e4
#: The fewest cases from which the spread of variances or scores is estimated.
FEWEST_CASES = 10
#: See `shared_variance`. MOST_SHARED is the limit: with six passes per run it doubles the errors. The other is assumed
#: where cases are too few: the median of 40 cases over the self-test's 300 runs (quartiles 0.02 and 0.27).
MOST_SHARED, USUALLY_SHARED = 0.5, 0.07
#: The share of a sample's passes that is trimmed at each end, and the fewest passes of both samples for it. With fewer,
#: a trimmed t has so few degrees of freedom that an alarm among hundreds of cases would need a larger change.
TRIMMED, FEWEST_TRIMMED = 0.2, 8
#: The one-sided 95 % score times the relative standard error of the interquartile range of n normal scores, times the
#: square root of n.
_BY_CHANCE = stats.norm.ppf(0.95) * 1.17
#: Scores beyond this have a probability too small for a float.
_FARTHEST = 37.0


@dataclass(frozen=True)
class Prior:
    """The prior of a case's variance, from all cases: its most likely value, and its weight in degrees of freedom."""

    variance: float
    freedom: float


@dataclass(frozen=True)
class Contrast:
    """One quantity in many cases, later runs against the first.

    `table` has a row per case: `difference` of the trimmed means, its `error`, the degrees of `freedom`, the `shared`
    variance of a run's passes, the factor `wider` by which it widened the error, the score `z` (standard normal where
    nothing differs), `low` and `high` (95 %), and the one-sided `p_above` and `p_below`.
    """

    table: pd.DataFrame
    prior: Prior


def fit_prior(variances: np.ndarray, freedom: np.ndarray) -> Prior:
    """The prior of Smyth's equations 6.1, from sample variances and their degrees of freedom."""
    if len(variances) < FEWEST_CASES:
        return Prior(1.0, 0.0)
    logs = np.log(variances) - special.digamma(freedom / 2) + np.log(freedom / 2)
    spread = logs.var(ddof=1) - special.polygamma(1, freedom / 2).mean()
    share = _MOST_FREEDOM
    if spread > special.polygamma(1, _MOST_FREEDOM / 2):
        share = 2 * optimize.brentq(lambda half: special.polygamma(1, half) - spread, 1e-3, _MOST_FREEDOM / 2)
    return Prior(float(np.exp(logs.mean() + special.digamma(share / 2) - np.log(share / 2))), share)


def shared_variance(scores: np.ndarray, spread: np.ndarray) -> float:
    """The variance that all passes of a run share, in units of a single pass's own; at most MOST_SHARED.

    `scores`: of cases compared as if passes shared nothing; `spread`: 1/n + 1/n of each. If most cases did not change,
    the middle half of their scores is as wide as chance makes it, plus what the passes of a run share (an empirical
    null: Efron 2004, doi:10.1198/016214504000000089). Only the excess over chance (95 %) counts: a raw estimate from 40
    scores is often a third too large and would hide regressions. More passes average out their own noise but not this,
    so it is kept as a variance and not as a factor. The limit keeps a change in most cases, as by another torch, from
    hiding itself.
    """
    if len(scores) < FEWEST_CASES:
        return USUALLY_SHARED
    low, high = np.quantile(scores, [0.25, 0.75])
    wider = (high - low) / (stats.norm.ppf(0.75) - stats.norm.ppf(0.25)) / (1 + _BY_CHANCE / np.sqrt(len(scores)))
    return float(np.clip((wider**2 - 1) * np.median(spread) / 2, 0.0, MOST_SHARED))


def _shared_variances(scores: np.ndarray, spread: np.ndarray, kinds: pd.Series) -> np.ndarray:
    """The shared variance for each case: the larger of its kind's (if the kind has enough cases) and all cases'."""
    of_all = shared_variance(scores, spread)
    found = np.full(len(scores), of_all)
    for rows in kinds.groupby(kinds, sort=False).indices.values():
        if len(rows) >= FEWEST_CASES:
            found[rows] = max(of_all, shared_variance(scores[rows], spread[rows]))
    return found


def compare_trimmed_means(
    first: pd.Series,
    *later: pd.Series,
    kind: Callable[[Any], Hashable] | None = None,
    known: Contrast | None = None,
) -> Contrast:
    """Compares the first run's values of every case with those of all later runs, which are of the same code.

    Each series is indexed by case, with at least two values per case. `kind`: groups cases that the same events hit.
    `known`: a test of all cases whose prior and shared variance are used, where too few cases are left to estimate
    them.
    """
    runs = (first, *later)
    codes, cases = pd.factorize(first.index.append([run.index for run in later]))
    by_run = np.split(codes, np.cumsum([len(run) for run in runs])[:-1])
    shares = [np.bincount(code, minlength=len(cases)) for code in by_run[1:]]
    shares = [count / sum(shares) for count in shares]
    # Later runs are one sample: where they disagree with each other, less is known.
    samples = [
        (by_run[0], first.to_numpy(float)),
        (np.concatenate(by_run[1:]), np.concatenate([run.to_numpy(float) for run in later])),
    ]
    counts = [np.bincount(code, minlength=len(cases)) for code, _ in samples]
    enough = np.minimum(counts[0], counts[1]) >= FEWEST_TRIMMED
    cut = [np.where(enough, (TRIMMED * count).astype(int), 0) for count in counts]
    trimmed = [_trimmed(codes, values, each) for (codes, values), each in zip(samples, cut, strict=True)]
    means, squares = zip(*trimmed, strict=True)
    left = [count - 2 * each for count, each in zip(counts, cut, strict=True)]
    freedom = left[0] + left[1] - 2.0
    # In units of a single pass, trimmed or not, so that all cases have one prior: the mean's variance is this / count.
    variance = sum(square * count / each for square, count, each in zip(squares, counts, left, strict=True)) / freedom
    variance = np.maximum(variance, _LEAST_DEVIATION**2)
    prior = known.prior if known else fit_prior(variance, freedom)
    total = freedom + prior.freedom
    moderated = (prior.freedom * prior.variance + freedom * variance) / total
    difference, spread = means[1] - means[0], 1 / counts[0] + 1 / counts[1]
    scores = _normal_scores(difference / np.sqrt(moderated * spread), total)
    index = pd.Index(cases, dtype=object)
    if known:
        shared = known.table.loc[index, "shared"].to_numpy()
    else:
        shared = _shared_variances(
            scores, spread, pd.Series([kind(case) if kind else None for case in index], dtype=object)
        )
    wider = np.sqrt(1 + shared * (1 + sum(share**2 for share in shares)) / spread)
    error, z = np.sqrt(moderated * spread) * wider, scores / wider
    reach = stats.t.ppf(0.975, total) * error
    columns = {"difference": difference, "error": error, "freedom": total, "shared": shared, "wider": wider, "z": z}
    columns |= {"low": difference - reach, "high": difference + reach}
    columns |= {"p_above": stats.norm.sf(z), "p_below": stats.norm.cdf(z)}
    return Contrast(pd.DataFrame(columns, index), prior)


def _trimmed(codes: np.ndarray, values: np.ndarray, cut: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each case's trimmed mean, and the sum of squares of its winsorized values.

    `codes`: the case of each value, counted from 0; `cut`: by case, how many values are cut at each end. Winsorized: a
    value that is cut counts as the nearest one that is left.
    """
    order = np.lexsort((values, codes))
    codes, values = codes[order], values[order]
    counts = np.bincount(codes, minlength=len(cut))
    lowest = np.cumsum(counts) - counts + cut
    highest = np.cumsum(counts) - 1 - cut
    place = np.arange(len(codes))
    left = (place >= lowest[codes]) & (place <= highest[codes])
    mean = np.bincount(codes[left], values[left], len(cut)) / (counts - 2 * cut)
    winsorized = np.clip(values, values[lowest][codes], values[highest][codes])
    middle = np.bincount(codes, winsorized, len(cut)) / counts
    return mean, np.bincount(codes, (winsorized - middle[codes]) ** 2, len(cut))


def _normal_scores(t: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Standard normal scores of the same probability as these t values, as far out as a float can hold."""
    return np.sign(t) * np.minimum(stats.norm.isf(stats.t.sf(np.abs(t), freedom)), _FARTHEST)


def holm(p: np.ndarray, among: int | None = None) -> np.ndarray:
    """Holm's adjusted p: alarms where it is at most alpha include a false one with a chance of at most alpha.

    `among`: the number of all tests, where those with a large p are left out.
    """
    order = np.argsort(p)
    left = np.arange(among or len(p), 0, -1)[: len(p)]
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * left))
    return adjusted


def alarm_difference(test: Contrast, p: float) -> pd.Series:
    """The smallest difference at which each case has a one-sided p of at most `p`."""
    table = test.table
    chance = stats.norm.sf(stats.norm.isf(p) * table["wider"])  # scores use the widened errors, t the plain ones
    return pd.Series(stats.t.isf(chance, table["freedom"]) * table["error"] / table["wider"], table.index)
