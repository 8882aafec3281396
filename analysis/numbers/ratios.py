"""Joins the two variants of a case: a row per case and pass, then a row per case with speedup, interval and verdict.

The baseline is always out-of-place: a speedup above 1 says that in-place is faster. A ratio is always of measurements
of one run, so machines and methods are never mixed.
"""

import statistics
from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.numbers.agreement import agreements
from analysis.numbers.case_row import CaseRow, case_rows
from analysis.numbers.felt import decide_felt, felt_cases, felt_passes
from analysis.numbers.gpu import decide_host, differs_in_held, gpu_cases, gpu_passes, held_text
from analysis.numbers.memory import MEMORY_KEY, case_bytes, memory_note
from analysis.numbers.quantities import CEILING, COUNTED, MOVED_BYTES, PAGE_FAULTS, TIMED, combine_passes
from analysis.run import facts
from analysis.run.load import CASE_COLUMNS, StoredRun
from analysis.units import faults_text
from benchmarks.record import (
    INPLACE,
    OK,
    OUTOFPLACE,
    PHASES,
    PROSE,
    VARIANTS,
    pass_log_speedup,
)
from benchmarks.record.interval import INCONCLUSIVE, interval, passes_needed, verdict

#: A pass counts as disturbed where other processes took more than this share of the machine. Terminal, browser and cron
#: take a tenth on an idle laptop; the paired rounds cancel a steady load, but not bursts above it.
LOAD_LIMIT = 0.10
#: A call that costs less than 1.4 times the cheapest op is mostly the overhead of any call, alike for both variants
#: (see `gpu_text.floor_words`).
FLOOR_FACTOR = 1.4
#: Passes may differ by this many minor faults per call: a stray fault, or a tenth.
FAULT_TOLERANCE, FAULT_SHARE = 2.0, 0.10

#: States of a case whose variant ended its process, hung or took all memory.
FATAL = ("crashed", "hung", "out_of_memory")
#: Columns of a variant that mean nothing where its case failed.
_ONLY_OF_GOOD_CASES = ("time_s", "time_low_s", "time_high_s", "bandwidth_ratio", *(quantity.name for quantity in TIMED))
#: ln of the largest ratio that counts as a measurement, 1e9: a larger one means a broken clock or file.
_LARGEST_LOG = np.log(1e9)
#: The largest share of a bandwidth that counts: a larger one means that the limit was not really measured.
_LARGEST_SHARE = 1e6


def join_passes(frame: pd.DataFrame) -> pd.DataFrame:
    """A row per timed case and pass: `case_number`, `log_speedup`, both variants' `<variant>_time_s` and context,
    `state` and `reason` (of the first of the two variants that is not ok), and the columns of `gpu_passes` and
    `felt_passes`. NaN where a pass has no ratio."""
    timed = frame[frame["kind"] == "time"]
    key = ["case_number", "pass_number"]
    out, into = (timed[timed["variant"] == variant].set_index(key) for variant in VARIANTS)
    into = into.reindex(out.index)
    joined = pd.DataFrame(index=out.index)
    joined["state"] = out["state"].where(out["state"] != OK, into["state"])
    joined["reason"] = out["reason"].where(out["state"] != OK, into["reason"])
    both_ok = joined["state"] == OK
    times = zip(out["times_s"], into["times_s"], both_ok, strict=True)
    ratios = [pass_log_speedup(a, b) if ok else None for a, b, ok in times]
    joined["log_speedup"] = np.array([np.nan if r is None or abs(r) > _LARGEST_LOG else r for r in ratios], dtype=float)
    for variant, rows in zip(VARIANTS, (out, into), strict=True):
        medians = [statistics.median(times) if times else np.nan for times in rows["times_s"]]
        times_s = pd.Series(medians, rows.index, dtype=float)
        # Rounds that cost less than the clock are below zero: a median of them is no time.
        joined[f"{variant}_time_s"] = times_s.where(joined["log_speedup"].notna() & (times_s > 0))
        for quantity in TIMED:
            joined[f"{variant}_{quantity.name}"] = rows[quantity.name].astype(float).where(both_ok)
    joined["floor_s"] = out["floor_s"]
    load = out["other_load_ratio"].fillna(into["other_load_ratio"])
    joined["disturbed"] = (load > LOAD_LIMIT).astype(float).where(load.notna())
    joined = joined.join(gpu_passes(out, into, both_ok, _LARGEST_LOG))
    return joined.join(felt_passes(joined, out, into, _LARGEST_LOG)).reset_index()


def case_table(run: StoredRun, passes: pd.DataFrame | None = None) -> pd.DataFrame:
    """A row per case of `run`, ordered by name, phase and size. `case_row.CaseRow` describes each column: those of
    `cases.csv`, and also the times' intervals (`<variant>_time_low_s`, `..._high_s`), `below_floor`, `bistable`,
    `log_speedup`, `<bytes>_ratio` (out-of-place / in-place), how closely the variants agree, and a GPU's host times.

    `passes`: the run's `join_passes`, if already computed.
    """
    limits = facts.thresholds(run.facts)
    frame = run.frame.assign(bytes_key=run.frame.groupby(MEMORY_KEY, sort=False).ngroup())
    timed = frame[frame["kind"] == "time"].drop_duplicates("case_number").set_index("case_number")
    passes = join_passes(frame) if passes is None else passes
    table = timed[["run", *CASE_COLUMNS, "bytes_key"]].assign(timed=True)
    table = table.join(_medians(passes)).join(_intervals(passes, limits["confidence"])).join(_states(passes))
    table = table.join(gpu_cases(passes, limits["confidence"])).join(felt_cases(passes, limits["confidence"]))
    table = _decide(_with_bytes(table, frame), limits).join(agreements(frame), on="bytes_key")
    table = table.join(_verified(frame), on="bytes_key").join(_failed_variant(frame), on="bytes_key")
    table["failed_variant"] = table["failed_variant"].astype(object).where(table["failed_variant"].notna(), None)
    return _in_order(table)


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Orders cases by name, phase and size, as a pass runs them in random order."""
    by = ["family", "pair", "operand", "other_requires_grad", "phase", "scale", "numel", "dtype", "layout"]
    by += ["device", "allocator", "threads"]
    ranks = {phase: rank for rank, phase in enumerate(PHASES)}
    ordered = table.sort_values(by, key=lambda column: column.map(ranks) if column.name == "phase" else column)
    return ordered.reset_index(drop=True)


def _medians(passes: pd.DataFrame) -> pd.DataFrame:
    """Medians over the passes of a case: times, bandwidth, floor, timed quantities; `disturbed` by majority."""
    grouped = passes.groupby("case_number", sort=False)
    table = grouped[[*(f"{variant}_time_s" for variant in VARIANTS), "floor_s"]].median()
    for quantity in TIMED:
        for column in quantity.columns:
            table[column] = combine_passes(grouped[column], quantity.over_passes)
    for variant in VARIANTS:
        rate = table[f"{variant}_{MOVED_BYTES.name}"] / table[f"{variant}_time_s"]
        ratio = rate / table[f"{variant}_{CEILING.name}"]
        table[f"{variant}_bandwidth_ratio"] = ratio.where(ratio < _LARGEST_SHARE)
        faults = grouped[f"{variant}_{PAGE_FAULTS.name}"]
        low, high = faults.min(), faults.max()
        table[f"{variant}_faults_low"], table[f"{variant}_faults_high"] = low, high
        table[f"{variant}_bistable"] = (high - low) > np.maximum(FAULT_TOLERANCE, FAULT_SHARE * high)
    share = grouped["disturbed"].mean()
    table["disturbed"] = [None if np.isnan(s) else bool(s > 0.5) for s in share]
    table["below_floor"] = table[f"{OUTOFPLACE}_time_s"] < FLOOR_FACTOR * table["floor_s"]
    return table


def _intervals(passes: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Per case: the number of `passes` with a ratio, `log_speedup` with its interval `log_low`, `log_high` (NaN for too
    few passes), and the intervals of the times, `<variant>_time_low_s` and `<variant>_time_high_s`."""
    columns = ["passes", "log_speedup", "log_low", "log_high"]
    columns += [f"{variant}_time_{end}_s" for variant in VARIANTS for end in ("low", "high")]
    rows = {}
    for number, mine in _by_case(passes, ["log_speedup", *(f"{variant}_time_s" for variant in VARIANTS)]):
        ratios, *times = ([value for value in values if value == value] for values in zip(*mine, strict=True))
        bounds = [interval(values, confidence) or (np.nan, np.nan) for values in (ratios, *times)]
        middle = np.median(ratios) if ratios else np.nan
        rows[number] = (len(ratios), middle, *(end for both in bounds for end in both))
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _by_case(passes: pd.DataFrame, columns: list[str]) -> Iterator[tuple[int, list[tuple[float, ...]]]]:
    """Each case's number with its values of `columns`, a tuple per pass."""
    found: dict[int, list[tuple[float, ...]]] = {}
    for number, *values in zip(*(passes[name].tolist() for name in ("case_number", *columns)), strict=True):
        found.setdefault(number, []).append(tuple(values))
    yield from found.items()


def _states(passes: pd.DataFrame) -> pd.DataFrame:
    """Per case its `state`, the first in the journal that is not ok, and the `reason` of such a state."""
    failed = passes[passes["state"] != OK].copy()
    count, of = failed.groupby("case_number").size(), passes.groupby("case_number").size()
    first = failed.drop_duplicates("case_number").set_index("case_number")[["state", "reason"]]
    shares = [f"in {count[n]} of {of[n]} passes" if count[n] < of[n] else "" for n in first.index]
    texts = [reason if isinstance(reason, str) else "" for reason in first["reason"]]
    first["reason"] = [": ".join(filter(None, pair)) or None for pair in zip(shares, texts, strict=True)]
    return first


def _with_bytes(table: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """`table` with the bytes of its cases; a case that only a memory pass has becomes a row of its own."""
    memory = case_bytes(frame)
    unknown = memory["first_row"][~memory.index.isin(table["bytes_key"])]
    alone = frame.loc[unknown, ["run", *CASE_COLUMNS, "bytes_key"]].assign(timed=False)
    joined = pd.concat([table, alone]) if len(alone) else table
    joined = joined.join(memory, on="bytes_key").reset_index(drop=True)
    texts = joined[["reason", "memory_state", "memory_reason"]].astype(object)
    joined[texts.columns] = texts.where(texts.notna(), None)
    columns = [column for quantity in COUNTED for column in quantity.columns]
    joined[columns] = joined[columns].astype("Int64")
    for quantity in COUNTED:
        out, into = (joined[column].to_numpy(float, na_value=np.nan) for column in quantity.columns)
        is_ratio = (out > 0) & (into > 0)
        joined[quantity.ratio] = np.divide(out, into, out=np.full(len(out), np.nan), where=is_ratio)
    return joined


def _verified(frame: pd.DataFrame) -> pd.Series:
    """`verified` by `bytes_key`: whether any pass showed the variants to agree."""
    return frame["verified"].astype(bool).groupby(frame["bytes_key"]).any()


def _failed_variant(frame: pd.DataFrame) -> pd.Series:
    """`failed_variant` by `bytes_key`: the variant that ended the case's process, hung or ran out of memory."""
    failed = frame[frame["state"].isin(FATAL)]
    running = [name if (name := facts.text(extra.get("running"))) in VARIANTS else None for extra in failed["extra"]]
    found = pd.Series(running, failed.index, dtype=object, name="failed_variant").dropna()
    return found.groupby(failed["bytes_key"].reindex(found.index)).first()


def _decide(table: pd.DataFrame, limits: dict[str, float]) -> pd.DataFrame:
    """`table` with state, reason and verdict of every case; a failed case keeps its bytes, but no times."""
    table["passes"] = table["passes"].astype(float).fillna(0).astype(int)
    table["state"] = table["state"].where(table["state"].notna(), OK)
    # A disagreement in the memory pass counts as well: the times are of different work. A case that failed before it
    # was timed (too large, unknown to this torch) failed entirely.
    disagreed = (table["memory_state"] == "disagreed") & (table["state"] == OK)
    untimed = ~table["timed"].astype(bool) & table["memory_state"].notna()
    table["state"] = table["state"].mask(disagreed | untimed, table["memory_state"])
    failed = table["state"] != OK
    measured = [f"{variant}_{name}" for variant in VARIANTS for name in _ONLY_OF_GOOD_CASES]
    table.loc[failed, [*measured, "log_speedup", "log_low", "log_high"]] = np.nan
    for source, target in (("log_speedup", "speedup"), ("log_low", "speedup_low"), ("log_high", "speedup_high")):
        table[target] = np.exp(table[source].astype(float))
    flags = [f"{v}_bistable" for v in VARIANTS]
    table[[*flags, "below_floor"]] = table[[*flags, "below_floor"]].astype("boolean").fillna(False).astype(bool)
    table["bistable"] = (table[flags].any(axis=1) | differs_in_held(table)) & ~failed
    decisions = [_verdict_and_cause(row, limits) for row in case_rows(table)]
    reasons = [f"bistable: {why}" if flag else why for (_, why), flag in zip(decisions, table["bistable"], strict=True)]
    table["verdict"] = pd.Series([word for word, _ in decisions], table.index, dtype=object)
    table["cause"] = pd.Series([why for _, why in decisions], table.index, dtype=object)
    table["reason"] = pd.Series(reasons, table.index, dtype=object)
    return decide_felt(decide_host(table, limits), limits)


def _verdict_and_cause(row: CaseRow, limits: dict[str, float]) -> tuple[str | None, str | None]:
    is_memory_state = not row.timed and row.memory_state is not None  # then `state` already says it
    of_bytes = row.memory_reason if is_memory_state else memory_note(row.memory_state, row.memory_reason)
    notes = [row.reason, of_bytes]
    answer = None
    if row.state == OK and row.bistable:
        notes.insert(0, _bistable_text(row))
    elif row.state == OK and np.isnan(row.log_speedup):
        notes.insert(0, "no round above the clock's own cost" if row.timed else "not timed")
    elif row.state == OK and np.isnan(row.log_low):
        answer = INCONCLUSIVE
        notes.insert(0, f"fewer than {passes_needed(limits['confidence'])} passes")
    elif row.state == OK:
        answer = verdict(row.speedup_low, row.speedup_high, limits["difference"], limits["equivalence"])
    return answer, "; ".join(filter(None, notes)) or None


def _bistable_text(row: CaseRow) -> str:
    """How the passes of a bistable case differ: in being held, or in page faults per call, from which to which."""
    if not (row.outofplace_bistable or row.inplace_bistable):
        return held_text(row.unheld_passes, row.held_passes, row.unheld_reason)
    variant = INPLACE if row.inplace_bistable else OUTOFPLACE
    low, high = (getattr(row, f"{variant}_faults_{end}") for end in ("low", "high"))
    spread = f"{faults_text(low)} to {faults_text(high)}"
    return f"passes differ in page faults per call, {spread} {PROSE[variant]}"
