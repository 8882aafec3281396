"""A run as the gate reads it: its cases, and the values of each pass, by `record.Case`."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.numbers.felt import FELT_TIMES, TIMES
from analysis.numbers.ratios import case_table, join_passes
from analysis.run.load import CASE_COLUMNS, StoredRun
from benchmarks.record import OK, Case, RecordError

Row = Mapping[Hashable, Any]  #: a row of a table of cases, by column

#: Device times, and the felt times of a GPU whose host decides (see `numbers.felt`).
SPEEDUPS = SPEEDUP, FELT_SPEEDUP = ("speedup", "felt_speedup")
FELT = (FELT_SPEEDUP, *FELT_TIMES)
ALL_TIMES = (*TIMES, *FELT_TIMES)
TIMED_QUANTITIES = (*SPEEDUPS, *ALL_TIMES)
#: Seconds per call that a clock can resolve and a run can wait for. Times beyond come from damaged files and are not
#: compared: their ratios may overflow a float.
SENSIBLE_S = (1e-12, 1e9)


@dataclass(frozen=True)
class GatedRun:
    """`cases`: the table of `ratios.case_table` in an index of cases.

    `passes`: a row per case and timed pass with a ratio, for cases that are ok and not bistable. Columns: `case` (a
    categorical, which hashes each case once instead of once per pass at each grouping), `pass_number` and, per
    quantity, a natural log that grows as things get worse (a speedup's is negated). Felt quantities are NaN where they
    equal the timed ones. Passes with times outside SENSIBLE_S are left out.
    """

    run: StoredRun
    cases: pd.DataFrame
    passes: pd.DataFrame

    @cached_property
    def by_case(self) -> dict[Case, Row]:
        """The rows of `cases`."""
        return rows_by_case(self.cases)


def with_felt_where_host_decides(run: GatedRun, *others: GatedRun) -> GatedRun:
    """`run`, with felt quantities only for cases in which the host decides in one of `others`. Elsewhere they equal the
    device's, which are judged already."""
    decided = {case for other in others for case, row in other.by_case.items() if row["host_decides"] is True}
    felt = run.passes[list(FELT)].where(run.passes["case"].isin(decided), np.nan)
    return replace(run, passes=run.passes.assign(**{name: felt[name] for name in FELT}))


def rows_by_case(cases: pd.DataFrame) -> dict[Case, Row]:
    """The rows of a table that is indexed by cases, each row as a mapping by column."""
    return dict(zip(cases.index, cases.to_dict("records"), strict=True))


@lru_cache(maxsize=4)  # the self-test and the tests compare a run with many
def gated_run(run: StoredRun) -> GatedRun:
    """`run` as the gate reads it. RecordError where two of its cases have the same name."""
    joined = join_passes(run.frame)
    cases = case_table(run, joined)
    cases.index = pd.Index(_cases(cases), dtype=object)
    if cases.index.has_duplicates:
        twice = cases.index[cases.index.duplicated()][0]
        raise RecordError(f"{run.folder}: two of its cases have the same name once it is printed: {twice.pair!r}")
    joined = joined[_sensible(joined, TIMES)].dropna(subset=["log_speedup"])
    numbers = run.frame.drop_duplicates("case_number")
    by_number = dict(zip(numbers["case_number"], _cases(numbers), strict=True))
    sound = cases.index[(cases["state"] == OK) & ~cases["bistable"]]
    felt = joined[["felt_log_speedup", *FELT_TIMES]].where(_sensible(joined, FELT_TIMES))
    case_of_pass = [by_number[number] for number in joined["case_number"]]
    passes = pd.DataFrame(
        {
            "case": pd.Series(case_of_pass, joined.index, dtype=object).astype("category"),
            "pass_number": joined["pass_number"],
            SPEEDUP: -joined["log_speedup"],
            FELT_SPEEDUP: -felt["felt_log_speedup"],
            **{name: np.log(joined[name]) for name in TIMES},
            **{name: np.log(felt[name]) for name in FELT_TIMES},
        }
    )
    return GatedRun(run, cases, passes[passes["case"].isin(set(sound))].reset_index(drop=True))


def _sensible(passes: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series:
    """Whether all of these times of a pass lie within SENSIBLE_S."""
    times = passes[list(columns)]
    return (times.ge(SENSIBLE_S[0]) & times.le(SENSIBLE_S[1])).all(axis=1)


def _cases(table: pd.DataFrame) -> list[Case]:
    columns = (table[name].tolist() for name in CASE_COLUMNS)
    return [Case(**dict(zip(CASE_COLUMNS, values, strict=True))) for values in zip(*columns, strict=True)]
