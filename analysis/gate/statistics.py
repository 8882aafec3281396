"""Runs compared in many cases at once: t tests whose variances lend each other strength, and Holm's correction.

Six values against six leave a rank test no smaller p than 1 in 924: after a correction for 40 cases it could not alarm
at all. A t test on logarithms can, but knows each case's variance from 10 degrees of freedom only, and a case that is
quiet by luck alarms. So the variances of all cases make a prior, and each case's own is drawn towards it: the moderated
t test (Smyth 2004, doi:10.2202/1544-6115.1027), as used for thousands of genes with a handful of samples each.

Passes of one run also share what the machine did meanwhile, which no pass of that run can tell: see `shared_variance`.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

#: No two processes repeat a time more closely than this (a share of 1): keeps a variance of zero out of the tests.
_LEAST_DEVIATION = 1e-3
#: Beyond these many degrees of freedom a prior is as good as a known variance.
_MOST_FREEDOM = 1e4
#: Fewer cases than this say nothing of how variances or scores are spread.
FEWEST_CASES = 10
#: See `shared_variance`. The most that is believed: with six passes a run it doubles the errors. What is assumed where
#: too few cases tell: the median of 40 cases over the 300 runs of the self-test's pool (quartiles 0.02 and 0.27).
MOST_SHARED, USUALLY_SHARED = 0.5, 0.07
#: The one-sided 95 % score, by the standard error of the range of the middle half of n normal scores, as a share of it,
#: times the root of n.
_BY_CHANCE = stats.norm.ppf(0.95) * 1.17
#: Scores beyond have no chance that a float can hold.
_FARTHEST = 37.0


@dataclass(frozen=True)
class Prior:
    """What the variances of all cases say of one: its most likely value, and the degrees of freedom that is worth."""

    variance: float
    freedom: float


@dataclass(frozen=True)
class Contrast:
    """One quantity of many cases, later runs against the first.

    `table` holds a row a case: `difference` of the means, its `error`, the degrees of `freedom`, the variance that runs
    `shared`, by how much that made the error `wider`, the score `z` (standard normal where nothing differs), `low` and
    `high` (95 %), and the one-sided `p_above` and `p_below`.
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
    """The variance of what a run's passes share, in units of a pass's own; at most MOST_SHARED.

    `scores`: of cases compared as if passes shared nothing; `spread`: 1/n + 1/n of each. If most cases did not change,
    the middle half of their scores is as wide as chance makes it, and wider by what the passes of a run share (an
    empirical null: Efron 2004, doi:10.1198/016214504000000089). Of that, what chance does not explain (at 95 %) is
    taken: an estimate from 40 scores would often be too wide by a third, and hide what is sought. More passes average
    their own noise away and not this: so it is kept as a variance and not as a factor. The limit keeps changes in most
    of the cases, as of another torch, from hiding themselves.
    """
    if len(scores) < FEWEST_CASES:
        return USUALLY_SHARED
    low, high = np.quantile(scores, [0.25, 0.75])
    wider = (high - low) / (stats.norm.ppf(0.75) - stats.norm.ppf(0.25)) / (1 + _BY_CHANCE / np.sqrt(len(scores)))
    return float(np.clip((wider**2 - 1) * np.median(spread) / 2, 0.0, MOST_SHARED))


def _shared(scores: np.ndarray, spread: np.ndarray, kinds: pd.Series) -> np.ndarray:
    """Of each case: what its kind says, where it has cases enough, or all of them, whichever is more."""
    of_all = shared_variance(scores, spread)
    found = np.full(len(scores), of_all)
    for rows in kinds.groupby(kinds, sort=False).indices.values():
        if len(rows) >= FEWEST_CASES:
            found[rows] = max(of_all, shared_variance(scores[rows], spread[rows]))
    return found


def compare_means(
    first: pd.Series,
    *later: pd.Series,
    kind: Callable[[Any], Hashable] | None = None,
    known: Contrast | None = None,
) -> Contrast:
    """A run's values of every case against those of later runs of the same code, taken together.

    Values are in an index of cases, a case as often as a run has values of it: at least twice each. `kind`: cases that
    the same events hit. `known`: a test whose prior and shared variance hold here as well, where too few cases are left
    to tell them; it has all cases.
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
    means = [np.bincount(code, values, len(cases)) / n for (code, values), n in zip(samples, counts, strict=True)]
    squares = [
        np.bincount(code, (values - mean[code]) ** 2, len(cases))
        for (code, values), mean in zip(samples, means, strict=True)
    ]
    freedom = counts[0] + counts[1] - 2.0
    variance = np.maximum((squares[0] + squares[1]) / freedom, _LEAST_DEVIATION**2)
    prior = known.prior if known else fit_prior(variance, freedom)
    total = freedom + prior.freedom
    moderated = (prior.freedom * prior.variance + freedom * variance) / total
    difference, spread = means[1] - means[0], 1 / counts[0] + 1 / counts[1]
    scores = _normal_scores(difference / np.sqrt(moderated * spread), total)
    index = pd.Index(cases, dtype=object)
    if known:
        shared = known.table.loc[index, "shared"].to_numpy()
    else:
        shared = _shared(scores, spread, pd.Series([kind(case) if kind else None for case in index], dtype=object))
    wider = np.sqrt(1 + shared * (1 + sum(share**2 for share in shares)) / spread)
    error, z = np.sqrt(moderated * spread) * wider, scores / wider
    reach = stats.t.ppf(0.975, total) * error
    columns = {"difference": difference, "error": error, "freedom": total, "shared": shared, "wider": wider, "z": z}
    columns |= {"low": difference - reach, "high": difference + reach}
    columns |= {"p_above": stats.norm.sf(z), "p_below": stats.norm.cdf(z)}
    return Contrast(pd.DataFrame(columns, index), prior)


def _normal_scores(t: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Values of t distributions as the standard normal's of the same chance, as far out as a float can tell one."""
    return np.sign(t) * np.minimum(stats.norm.isf(stats.t.sf(np.abs(t), freedom)), _FARTHEST)


def holm(p: np.ndarray, among: int | None = None) -> np.ndarray:
    """Holm's adjusted p: where it is at most alpha, no case is told to differ falsely with more than that chance.

    `among`: the number of all tests, where those of large p are left out.
    """
    order = np.argsort(p)
    left = np.arange(among or len(p), 0, -1)[: len(p)]
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * left))
    return adjusted


def alarm_difference(test: Contrast, p: float) -> pd.Series:
    """The difference from which on each case has a one-sided chance of at most `p`."""
    table = test.table
    chance = stats.norm.sf(stats.norm.isf(p) * table["wider"])  # scores are of widened errors, t distributions of plain
    return pd.Series(stats.t.isf(chance, table["freedom"]) * table["error"] / table["wider"], table.index)
