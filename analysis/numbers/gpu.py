"""The host's times of a GPU's calls next to the device's, and how the calls were timed.

`times_s` of a GPU's case is the device's time of calls that were queued back to back; `host_times_s` is how long the
host was busy until each of them returned. `felt` says which of the two a user waits for.
"""

import statistics

import numpy as np
import pandas as pd

from analysis.numbers.case_intervals import case_intervals, verdicts
from benchmarks.record import OK, VARIANTS, pass_log_speedup

_LOGS = ("host_log_speedup", "host_log_low", "host_log_high")
_SPEEDUPS = ("host_speedup", "host_speedup_low", "host_speedup_high")
HOST_TIMES = tuple(f"{variant}_host_time_s" for variant in VARIANTS)
#: Counts per pass; a case has their sums.
BLOCKS = ("measured_blocks", "throttled_blocks", "dropped_blocks")
#: The columns of a pass on how a GPU was timed.
_HOW = ("held", "unheld_reason", "cache", "throttled_blocks", "dropped_blocks")
#: Throttled blocks are left out where this many others remain (`benchmarks.measure.rounds.FEWEST`). A journal without
#: `dropped_blocks` has only the number of used blocks and of throttled ones: a pass with equal numbers of both looks as
#: if it had kept the throttled ones.
_FEWEST_BLOCKS = 2


def gpu_passes(out: pd.DataFrame, into: pd.DataFrame, sound: pd.Series, largest_log: float) -> pd.DataFrame:
    """A row per pass, indexed like `out`, the timed rows of out-of-place: `host_log_speedup` and HOST_TIMES (NaN where
    not `sound`, or a ratio is beyond `largest_log`), `held`, `unheld_reason`, `cache`, `throttled_blocks`,
    `dropped_blocks`, `throttled_kept` (throttled blocks may be among its times). All of these are empty on a CPU.
    `measured_blocks`, on every device: the blocks behind its times."""
    passes = out[[*_HOW]].copy()
    hosts = zip(out["host_times_s"], into["host_times_s"], sound, strict=True)
    ratios = [pass_log_speedup(a, b) if ok and a and b else None for a, b, ok in hosts]
    usable = [np.nan if ratio is None or abs(ratio) > largest_log else ratio for ratio in ratios]
    passes["host_log_speedup"] = np.array(usable, dtype=float)
    for name, rows in zip(HOST_TIMES, (out, into), strict=True):
        medians = [statistics.median(times) if times else np.nan for times in rows["host_times_s"]]
        times_s = pd.Series(medians, rows.index, dtype=float)
        passes[name] = times_s.where(passes["host_log_speedup"].notna() & (times_s > 0))
    blocks = pd.Series([len(times) // 2 for times in out["times_s"]], out.index, dtype="Int64")
    passes["measured_blocks"] = blocks
    throttled = passes["throttled_blocks"].fillna(0)
    looks_kept = (blocks >= throttled) & (blocks - throttled < _FEWEST_BLOCKS)
    kept = (passes["dropped_blocks"] < throttled).where(passes["dropped_blocks"].notna(), looks_kept)
    passes["throttled_kept"] = ((throttled > 0) & kept).astype(bool)
    return passes


def gpu_cases(passes: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """A row per case of `passes` (see `gpu_passes`): medians of HOST_TIMES, `host_log_speedup` with its interval
    `host_log_low` and `host_log_high` (NaN for too few passes), `held` (None where passes differ or it is not known),
    `unheld_passes` out of `held_passes`, `unheld_reason`, `cache`, the sums of `measured_blocks`, `throttled_blocks`
    and `dropped_blocks`, and `throttled_kept` (in any pass)."""
    grouped = passes.groupby("case_number", sort=False)
    table = grouped[list(HOST_TIMES)].median()
    for name in BLOCKS:
        table[name] = grouped[name].sum(min_count=1).astype("Int64")
    table["throttled_kept"] = grouped["throttled_kept"].any()
    table = table.join(case_intervals(passes, _LOGS, confidence))
    known = passes[passes["held"].notna()]
    held = known["held"].astype(bool).groupby(known["case_number"], sort=False)
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
    """Per row of a case table, whether some of its passes were held and some were not. Their times, the device's alone
    and host and device together, share no median: such a case is bistable and has no verdict."""
    return (table["unheld_passes"] > 0) & (table["unheld_passes"] < table["held_passes"])


def held_text(unheld: float, of: float, reason: str | None) -> str:
    """Why a case is bistable: 'passes differ in being held, 3 of 7 are not: synchronises'."""
    return f"passes differ in being held, {unheld:.0f} of {of:.0f} are not" + (f": {reason}" if reason else "")


def decide_host(table: pd.DataFrame, limits: dict[str, float]) -> pd.DataFrame:
    """A case table with `host_speedup`, its interval and `host_verdict`.

    They are empty where there are no host times, and for a case that failed or is bistable. The table must have the
    columns of `gpu_cases`; the columns of logarithms are dropped."""
    sound = (table["state"] == OK) & ~table["bistable"]
    of_times = [*HOST_TIMES, *_LOGS]
    table[of_times] = table[of_times].astype(float).where(sound)
    for source, target in zip(_LOGS, _SPEEDUPS, strict=True):
        table[target] = np.exp(table[source])
    table["host_verdict"] = verdicts(table, _SPEEDUPS, limits)
    # A case that only a memory pass has gets NaN for each.
    for name in ("held", "unheld_reason", "cache"):
        table[name] = table[name].astype(object).where(table[name].notna(), None)
    table["throttled_kept"] = table["throttled_kept"].eq(True)
    for name in BLOCKS:
        table[name] = table[name].astype("Int64")
    return table.drop(columns=list(_LOGS))
