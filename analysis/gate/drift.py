"""Times freed of what moved all of them: a busy neighbour, a lower clock, another day.

Absolute times drift from process to process by 7 % in the median on the machine of the reference run, whole sizes of
cases together; the ratio of a case's variants, interleaved in one process, does not. So each pass's shift, the median
over the cases of its kind, is taken off before times are compared. A change of most cases at once cannot be told from
drift and is not: `shift` says how large it was.
"""

from dataclasses import dataclass

import pandas as pd

from benchmarks.record import Case

#: Cases of a kind that tell its drift in a pass; fewer tell none, and their times compare with nothing.
FEWEST_CASES = 10


def case_kind(case: Case) -> tuple:
    """Cases of one kind drift together: a neighbour who takes memory bandwidth hits the large ones."""
    return (case.device, case.allocator, case.threads, case.numel)


@dataclass(frozen=True)
class DriftFree:
    """`values`: the long frame given, its times as the first run's machine was, NaN where the drift is unknown.

    `shifts`: by kind, the median shift (natural log, above zero: slower) of each later run against the first.
    """

    values: pd.DataFrame
    shifts: dict[tuple, dict[str, float]]


def without_drift(values: pd.DataFrame, quantity: str) -> DriftFree:
    """`values`: columns `run`, `pass_number`, `case` and `quantity` (a natural logarithm)."""
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
