"""What a GPU's times say beyond the device's: the host's time of the same calls, and which of the two a user feels.

`times_s` of a GPU's case is the device's time of calls that were queued back to back; `host_times_s` is how long the
host was busy until each of them returned. In a user's eager loop both run at once, so a variant takes the larger of its
two times, and `felt_speedup` with `felt_verdict` is the ratio of these. Where the host takes longer in both variants,
the case is *host-bound* and that is the host's speedup; where it does in neither, the device's, each by its paired
rounds; where it does in one, the ratio of the larger medians of each pass. Where a case could not be held, its times
hold the host's already, so it is never host-bound.
"""

import statistics

import numpy as np
import pandas as pd

from analysis.numbers.intervals import INCONCLUSIVE, interval, verdict
from benchmarks.record import INPLACE, OK, OUTOFPLACE, VARIANTS, pass_log_speedup

_LOGS = ("host_log_speedup", "host_log_low", "host_log_high")
_LARGER_LOGS = ("larger_log_speedup", "larger_log_low", "larger_log_high")
HOST_TIMES = tuple(f"{variant}_host_time_s" for variant in VARIANTS)
#: Counts of a pass; a case has their sums.
BLOCKS = ("measured_blocks", "throttled_blocks", "dropped_blocks")
#: What a pass has of how a GPU was timed.
_HOW = ("held", "unheld_reason", "cache", "throttled_blocks", "dropped_blocks")
#: Throttled blocks are left out where so many others remain (`benchmarks.measure.rounds.FEWEST`). A journal without
#: `dropped_blocks` has the blocks that were used and the number of throttled ones alone: there a pass with as many of
#: either looks as if it had kept them.
_FEWEST_BLOCKS = 2


def gpu_passes(out: pd.DataFrame, into: pd.DataFrame, sound: pd.Series, largest_log: float) -> pd.DataFrame:
    """By the index of `out`, the timed rows of out-of-place, a row a pass: `host_log_speedup` and HOST_TIMES (NaN where
    not `sound`, or a ratio is beyond `largest_log`), `held`, `unheld_reason`, `cache`, `throttled_blocks`,
    `dropped_blocks`, `throttled_kept`: throttled blocks may be among its times. All empty on a CPU. And of every device
    `measured_blocks`: those that its times are of."""
    passes = out[[*_HOW]].copy()
    hosts = zip(out["host_times_s"], into["host_times_s"], sound, strict=True)
    ratios = [pass_log_speedup(a, b) if ok and a and b else None for a, b, ok in hosts]
    usable = [np.nan if ratio is None or abs(ratio) > largest_log else ratio for ratio in ratios]
    passes["host_log_speedup"] = np.array(usable, dtype=float)
    for name, rows in zip(HOST_TIMES, (out, into), strict=True):
        medians = [statistics.median(times) if times else np.nan for times in rows["host_times_s"]]
        times_s = pd.Series(medians, rows.index, dtype=float)
        passes[name] = times_s.where(passes["host_log_speedup"].notna() & (times_s > 0))
    larger = [np.maximum(passes[name], _medians(rows)) for name, rows in zip(HOST_TIMES, (out, into), strict=True)]
    passes["larger_log_speedup"] = np.log(larger[0] / larger[1])
    blocks = pd.Series([len(times) // 2 for times in out["times_s"]], out.index, dtype="Int64")
    passes["measured_blocks"] = blocks
    throttled = passes["throttled_blocks"].fillna(0)
    looks_kept = (blocks >= throttled) & (blocks - throttled < _FEWEST_BLOCKS)
    kept = (passes["dropped_blocks"] < throttled).where(passes["dropped_blocks"].notna(), looks_kept)
    passes["throttled_kept"] = ((throttled > 0) & kept).astype(bool)
    return passes


def _medians(rows: pd.DataFrame) -> pd.Series:
    return pd.Series([statistics.median(times) if times else np.nan for times in rows["times_s"]], rows.index)


def gpu_cases(passes: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """A row a case of `passes` (see `gpu_passes`): medians of HOST_TIMES, `host_log_speedup` with its interval
    `host_log_low` and `host_log_high` (NaN for few passes), `held` (None where passes differ or it is not known),
    `unheld_passes` of `held_passes` that tell it, `unheld_reason`, `cache`, `measured_blocks`, `throttled_blocks`
    and `dropped_blocks` of all passes, and `throttled_kept` in any of them."""
    grouped = passes.groupby("case_number", sort=False)
    table = grouped[list(HOST_TIMES)].median()
    for name in BLOCKS:
        table[name] = grouped[name].sum(min_count=1).astype("Int64")
    table["throttled_kept"] = grouped["throttled_kept"].any()
    for columns in (_LOGS, _LARGER_LOGS):
        ratios = passes.dropna(subset=[columns[0]]).groupby("case_number", sort=False)[columns[0]]
        found = {
            number: (of_case.median(), *(interval(of_case.tolist(), confidence) or (np.nan, np.nan)))
            for number, of_case in ratios
        }
        table = table.join(pd.DataFrame.from_dict(found, orient="index", columns=list(columns), dtype=float))
    told = passes[passes["held"].notna()]
    held = told["held"].astype(bool).groupby(told["case_number"], sort=False)
    table["held_passes"] = held.size().reindex(table.index, fill_value=0)
    table["unheld_passes"] = table["held_passes"] - held.sum().reindex(table.index, fill_value=0)
    unheld, of = table["unheld_passes"].tolist(), table["held_passes"].tolist()
    agreed = [None if count == 0 or 0 < some < count else some == 0 for some, count in zip(unheld, of, strict=True)]
    table["held"] = pd.Series(agreed, table.index, dtype=object)
    for name in ("unheld_reason", "cache"):
        words = passes[passes[name].notna()].groupby("case_number", sort=False)[name]
        said = {number: " and ".join(dict.fromkeys(each)) for number, each in words}
        table[name] = pd.Series([said.get(number) for number in table.index], table.index, dtype=object)
    return table


def differs_in_held(table: pd.DataFrame) -> pd.Series:
    """Of each row of a case table, whether some of its passes were held and some were not. Their times are of two
    kinds, the device's and both together, so they meet in no median: such a case is bistable and has no verdict."""
    return (table["unheld_passes"] > 0) & (table["unheld_passes"] < table["held_passes"])


def held_text(unheld: float, of: float, reason: str | None) -> str:
    """Why a case is bistable: 'passes differ in being held, 3 of 7 are not: synchronises'."""
    return f"passes differ in being held, {unheld:.0f} of {of:.0f} are not" + (f": {reason}" if reason else "")


def decide_host(table: pd.DataFrame, limits: dict[str, float]) -> pd.DataFrame:
    """A case table with `host_speedup`, its interval and `host_verdict`, `host_bound`, `felt_speedup`, `felt_verdict`.

    They are empty where there are no host times, and for a case that failed or is bistable. The table must have the
    columns of `gpu_cases`; the logarithms among them are left out."""
    sound = (table["state"] == OK) & ~table["bistable"]
    of_times = [*HOST_TIMES, *_LOGS, *_LARGER_LOGS]
    table[of_times] = table[of_times].astype(float).where(sound)
    for source, target in zip(_LOGS, ("host_speedup", "host_speedup_low", "host_speedup_high"), strict=True):
        table[target] = np.exp(table[source])
    ends = zip(table["host_speedup"], table["host_speedup_low"], table["host_speedup_high"], strict=True)
    words = [_verdict(*of, limits) for of in ends]
    table["host_verdict"] = pd.Series(words, table.index, dtype=object)
    # A case that only a memory pass has gets NaN for each.
    for name in ("held", "unheld_reason", "cache"):
        table[name] = table[name].astype(object).where(table[name].notna(), None)
    table["throttled_kept"] = table["throttled_kept"].eq(True)
    for name in BLOCKS:
        table[name] = table[name].astype("Int64")
    known = table[[*HOST_TIMES, "speedup"]].notna().all(axis=1)
    longer = [table[f"{v}_host_time_s"] > table[f"{v}_time_s"] for v in (OUTOFPLACE, INPLACE)]
    held = table["held"].ne(False)
    bound, mixed = longer[0] & longer[1] & held, (longer[0] ^ longer[1]) & held
    table["host_bound"] = bound.astype(object).where(known, None)
    larger = np.exp(table[list(_LARGER_LOGS)])
    larger_ends = zip(*(larger[name] for name in _LARGER_LOGS), strict=True)
    larger_words = [_verdict(speedup, low, high, limits) for speedup, low, high in larger_ends]
    of_one = table["speedup"].mask(mixed, larger["larger_log_speedup"])
    word_of_one = table["verdict"].mask(mixed, pd.Series(larger_words, table.index, dtype=object))
    table["felt_speedup"] = table["host_speedup"].where(bound, of_one).where(known)
    table["felt_verdict"] = table["host_verdict"].where(bound, word_of_one).where(known, None)
    return table.drop(columns=[*_LOGS, *_LARGER_LOGS])


def _verdict(speedup: float, low: float, high: float, limits: dict[str, float]) -> str | None:
    if np.isnan(speedup):
        return None
    return INCONCLUSIVE if np.isnan(low) else verdict(low, high, limits["difference"], limits["equivalence"])
