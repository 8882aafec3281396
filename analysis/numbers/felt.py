"""The felt time and speedup of a GPU's case: what a user waits for, the device or the host.

`times_s` of a GPU's case is the device's time of calls that were queued back to back; `host_times_s` is how long the
host was busy until each of them returned. In a user's eager loop both run at once, and the user waits for the longer
one. So for each variant, in each pass, the series with the longer median is *felt*, and `felt_speedup` is the ratio of
the felt rounds: a value per pass, the median over passes, its sign-test interval, its verdict, by the same code as the
device's. Where a case could not be held back, the device's times include the host's already and are felt. On a CPU the
host's time is the time: the columns are empty there, and `speedup` is felt.

The host *decides* where its time is the longer one in either variant; where it is in both, the case is *host-bound*.

A part of the report with one number per case shows the felt one: `Section.felt` has it under the names of the device's
columns. A geomean or a curve shows both if they differ. Tables for programs have the device's under `speedup` and the
felt one under `felt_speedup`. The gate judges both.
"""

import numpy as np
import pandas as pd

from analysis.numbers.case_intervals import case_intervals, verdicts
from analysis.numbers.gpu import HOST_TIMES
from benchmarks.record import OK, VARIANTS, pass_log_speedup

TIMES, FELT_TIMES = (tuple(f"{variant}_{name}" for variant in VARIANTS) for name in ("time_s", "felt_time_s"))
#: The host decides at a size if it does in this share of the cases of that size.
MOSTLY = 0.5
_LOGS = ("felt_log_speedup", "felt_log_low", "felt_log_high")
_SPEEDUPS = ("felt_speedup", "felt_speedup_low", "felt_speedup_high")


def felt_passes(passes: pd.DataFrame, out: pd.DataFrame, into: pd.DataFrame, largest_log: float) -> pd.DataFrame:
    """FELT_TIMES and `felt_log_speedup` of each of `passes`, which have TIMES, HOST_TIMES and `held`; `out` and `into`
    are the rows of the variants. NaN where a time is unknown, as on a CPU."""
    known = passes[[*TIMES, *HOST_TIMES]].notna().all(axis=1)
    felt, rounds = pd.DataFrame(index=passes.index), []
    for device, host, longer, rows in zip(TIMES, HOST_TIMES, FELT_TIMES, (out, into), strict=True):
        decides = (passes[host] > passes[device]) & passes["held"].ne(False)
        felt[longer] = passes[host].where(decides, passes[device]).where(known)
        rounds.append(rows["host_times_s"].where(decides, rows["times_s"]))
    ratios = [pass_log_speedup(a, b) if ok else None for a, b, ok in zip(*rounds, known, strict=True)]
    usable = [np.nan if ratio is None or abs(ratio) > largest_log else ratio for ratio in ratios]
    return felt.assign(felt_log_speedup=np.array(usable, dtype=float))


def felt_cases(passes: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """A row per case of `passes` (see `felt_passes`): medians of FELT_TIMES, and `felt_log_speedup` with its interval
    `felt_log_low` and `felt_log_high` (NaN for too few passes)."""
    medians = passes.groupby("case_number", sort=False)[list(FELT_TIMES)].median()
    return medians.join(case_intervals(passes, _LOGS, confidence))


def decide_felt(table: pd.DataFrame, limits: dict[str, float]) -> pd.DataFrame:
    """A case table with `felt_speedup`, its interval and `felt_verdict`, `host_decides` and `host_bound`.

    They are empty where there are no host times, and for a case that failed or is bistable. The table must have the
    columns of `felt_cases` and of `gpu.decide_host`; the columns of logarithms are dropped."""
    known = table[[*HOST_TIMES, "speedup"]].notna().all(axis=1) & (table["state"] == OK) & ~table["bistable"]
    of_times = [*FELT_TIMES, *_LOGS]
    table[of_times] = table[of_times].astype(float).where(known)
    for source, target in zip(_LOGS, _SPEEDUPS, strict=True):
        table[target] = np.exp(table[source])
    table["felt_verdict"] = verdicts(table, _SPEEDUPS, limits)
    longer = [table[host] > table[device] for host, device in zip(HOST_TIMES, TIMES, strict=True)]
    held = table["held"].ne(False)
    for name, decides in (("host_decides", longer[0] | longer[1]), ("host_bound", longer[0] & longer[1])):
        table[name] = (decides & held).astype(object).where(known, None)
    return table.drop(columns=list(_LOGS))


def host_stops(cases: pd.DataFrame, by: str) -> tuple[int, int | None] | None:
    """The largest value of the column `by` at which the host decides in most cases, and the next larger value or None.
    None where the host decides in most cases of no value."""
    shares = cases["host_decides"].eq(True).groupby(cases[by]).mean().sort_index()
    upto = [place for place, share in enumerate(shares) if share >= MOSTLY]
    if not upto:
        return None
    values = [int(value) for value in shares.index]
    return values[upto[-1]], values[upto[-1] + 1] if upto[-1] + 1 < len(values) else None


def as_felt(cases: pd.DataFrame) -> pd.DataFrame:
    """`cases` with the felt times, speedup, interval, verdict and shares of bandwidth in place of the device's, where
    they are known. On a CPU the values stay the same."""
    known = cases["felt_speedup"].notna()
    if not known.any():
        return cases
    felt = cases.copy()
    for device, longer in zip(TIMES, FELT_TIMES, strict=True):
        share = device.replace("time_s", "bandwidth_ratio")
        felt[share] = cases[share].where(~known, cases[share] * cases[device] / cases[longer])
        felt[device] = cases[device].where(~known, cases[longer])
        felt[[device.replace("time_s", f"time_{end}_s") for end in ("low", "high")]] = np.nan  # they are the device's
    for name, source in zip(("speedup", "speedup_low", "speedup_high"), _SPEEDUPS, strict=True):
        felt[name] = cases[name].where(~known, cases[source])
    for name, source in zip(("log_speedup", "log_low", "log_high"), _SPEEDUPS, strict=True):
        felt[name] = cases[name].where(~known, np.log(cases[source]))
    felt["verdict"] = cases["verdict"].where(~known, cases["felt_verdict"])
    return felt
