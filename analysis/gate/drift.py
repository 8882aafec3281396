"""Times freed of what moved all of them: a busy neighbour, a lower clock, another day.

Absolute times drift from process to process by 7 % in the median on the machine of the reference run, whole sizes of
cases together; the ratio of a case's variants, interleaved in one process, does not. So each pass's shift, the median
over the cases of its kind, is taken off before times are compared. A change of most cases at once cannot be told from
drift and is not: `shift` says how large it was.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.record import Case

#: Cases of a kind that tell its drift; a pass with fewer in all tells none, and its times compare with nothing.
FEWEST_CASES = 10


def kind(case: Case) -> tuple:
    """Cases of one kind drift together: a neighbour who takes memory bandwidth hits the large ones."""
    return (case.device, case.allocator, case.threads, case.numel)


@dataclass(frozen=True)
class Steady:
    """`values`: the long frame given, its times less the drift, NaN where that is unknown. `shifts`: by kind, the
    median shift (natural log, above zero: slower) of each run against the first."""

    values: pd.DataFrame
    shifts: dict[tuple, dict[str, float]]


def steady(values: pd.DataFrame, quantity: str) -> Steady:
    """`values`: columns `run`, `pass_number`, `case` and `quantity` (a natural logarithm)."""
    left = values[quantity] - values.groupby("case", sort=False)[quantity].transform("median")
    kinds = values["case"].map(kind)
    by_pass = [values["run"], values["pass_number"]]
    of_kind, of_all = left.groupby([*by_pass, kinds], sort=False), left.groupby(by_pass, sort=False)
    shift = of_kind.transform("median").where(of_kind.transform("size") >= FEWEST_CASES, of_all.transform("median"))
    shift = shift.where(of_all.transform("size") >= FEWEST_CASES)
    first = values["run"].iloc[0] if len(values) else None
    shifts: dict[tuple, dict[str, float]] = {}
    for (which, run), median in shift.groupby([kinds, values["run"]], sort=False).median().items():
        shifts.setdefault(which, {})[run] = median
    against = {
        which: {run: median - by_run.get(first, np.nan) for run, median in by_run.items() if run != first}
        for which, by_run in shifts.items()
    }
    return Steady(values.assign(**{quantity: values[quantity] - shift}), against)
