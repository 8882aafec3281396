"""A run as the gate reads it: its cases, and what each pass says of each, by `record.Case`."""

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

Row = Mapping[Hashable, Any]  #: of a table of cases, by column

#: The device's, and what a user feels of a GPU whose host decides (see `numbers.felt`).
SPEEDUPS = SPEEDUP, FELT_SPEEDUP = ("speedup", "felt_speedup")
FELT = (FELT_SPEEDUP, *FELT_TIMES)
ALL_TIMES = (*TIMES, *FELT_TIMES)
TIMED_QUANTITIES = (*SPEEDUPS, *ALL_TIMES)
#: Seconds a call that some clock can tell and some run can wait for. What a damaged file says beyond is not compared:
#: ratios of it would leave what a float can hold.
SENSIBLE_S = (1e-12, 1e9)


@dataclass(frozen=True)
class GatedRun:
    """`cases`: the table of `ratios.case_table` in an index of cases.

    `passes`: a row a case and timed pass that carries a ratio, of cases that are ok and not bistable: `case` (a
    categorical: it hashes each case once, and not once a pass whenever passes are grouped), `pass_number` and, per
    quantity, a natural logarithm that grows as things get worse (a speedup's negative), NaN for what is not felt
    otherwise than timed. Passes whose times are outside SENSIBLE_S are left out.
    """

    run: StoredRun
    cases: pd.DataFrame
    passes: pd.DataFrame

    @cached_property
    def by_case(self) -> dict[Case, Row]:
        """The rows of `cases`."""
        return rows_by_case(self.cases)


def with_felt_where_host_decides(run: GatedRun, *others: GatedRun) -> GatedRun:
    """`run` with what a user feels only of the cases in which the host decides in one of `others`: elsewhere it is what
    the device takes, which is judged already."""
    decided = {case for other in others for case, row in other.by_case.items() if row["host_decides"] is True}
    felt = run.passes[list(FELT)].where(run.passes["case"].isin(decided), np.nan)
    return replace(run, passes=run.passes.assign(**{name: felt[name] for name in FELT}))


def rows_by_case(cases: pd.DataFrame) -> dict[Case, Row]:
    """The rows of a table in an index of cases, each by column."""
    return dict(zip(cases.index, cases.to_dict("records"), strict=True))


@lru_cache(maxsize=4)  # the self-test and the tests compare a run with many
def gated_run(run: StoredRun) -> GatedRun:
    """What `run` measured. RecordError where two of its cases cannot be told apart."""
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
    """Whether all of these times of a pass are ones that some clock can tell."""
    times = passes[list(columns)]
    return (times.ge(SENSIBLE_S[0]) & times.le(SENSIBLE_S[1])).all(axis=1)


def _cases(table: pd.DataFrame) -> list[Case]:
    columns = (table[name].tolist() for name in CASE_COLUMNS)
    return [Case(**dict(zip(CASE_COLUMNS, values, strict=True))) for values in zip(*columns, strict=True)]
