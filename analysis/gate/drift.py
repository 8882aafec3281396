"""Removes drift from times: shifts of all of them, by a busy neighbour, a lower clock, another day.

Absolute times drift from process to process, by 7 % in the median on the machine of the reference run, and all cases of
a size drift together. The ratio of a case's variants, interleaved in one process, does not. So each pass's shift, the
median over cases of one kind, is taken off before times are compared. A change of most cases at once looks like drift
and is not judged; `shifts` has its size.
"""

from dataclasses import dataclass

import pandas as pd

from benchmarks.record import Case

#: The fewest cases of a kind from which its drift in a pass is known; times of a kind with fewer are not compared.
FEWEST_CASES = 10


def case_kind(case: Case) -> tuple:
    """The kind of a case. A kind drifts together: a neighbour that takes memory bandwidth slows the large cases."""
    return (case.device, case.allocator, case.threads, case.numel)


@dataclass(frozen=True)
class DriftFree:
    """Times without drift. `values`: the long frame, times as on the first run's machine; NaN where drift is unknown.

    `shifts`: by kind, the median shift (natural log, above zero: slower) of each later run from the first.
    """

    values: pd.DataFrame
    shifts: dict[tuple, dict[str, float]]


def without_drift(values: pd.DataFrame, quantity: str) -> DriftFree:
    """Removes drift from `values`, with the columns `run`, `pass_number`, `case` and `quantity` (a natural log)."""
    if values.empty:
        return DriftFree(values, {})
    codes, cases = pd.factorize(values["case"])
    kind_codes, names = pd.factorize(pd.Series([case_kind(case) for case in cases], dtype=object))
    kinds = pd.Series(kind_codes[codes], values.index, name="kind")
    left = values[quantity] - values[quantity].groupby(codes, sort=False).transform("median")
    of_kind = left.groupby([values["run"], values["pass_number"], kinds], sort=False)
    shift = of_kind.transform("median").where(of_kind.transform("size") >= FEWEST_CASES)
    of_run = shift.groupby([kinds, values["run"]], sort=False).median().unstack()
    first = of_run.iloc[:, 0]  # columns in the order of the runs
    against = of_run.iloc[:, 1:].sub(first, axis=0)
    shifts = {which: row.dropna().to_dict() for which, row in zip(names[of_run.index], against.iloc, strict=True)}
    return DriftFree(values.assign(**{quantity: values[quantity] - shift + kinds.map(first)}), shifts)
