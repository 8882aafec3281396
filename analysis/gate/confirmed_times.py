"""Judges suspects that were measured again: by their new passes alone, and together with HEAD's."""

from collections.abc import Iterator
from typing import Protocol, cast

import pandas as pd

from analysis.gate.change import UNCHANGED, UNRESOLVED, WORSE, Change
from analysis.gate.gated_run import GatedRun
from analysis.gate.statistics import compare_trimmed_means
from analysis.gate.times import (
    FAMILIES,
    FirstLook,
    Look,
    TestRow,
    change,
    holm_corrected,
    medians_of,
    rules_out_change,
    values_of,
    with_enough_passes,
)
from benchmarks.record import Case

#: The one-sided p that the new passes alone must reach, with a change that matters.
REPEATED_P = 0.05


class ConfirmedRow(TestRow, Protocol):
    """A suspect: the test of HEAD's passes and the new ones together, and of the new ones alone."""

    alone_difference: float
    alone_p_above: float


def second_look(first: FirstLook, base: GatedRun, head: GatedRun, again: GatedRun) -> dict[Case, dict[str, Change]]:
    """The suspect changes, by case and quantity, judged with the passes of `again`. The confirmed ones are worse.

    A suspect that `again` lacks stays unresolved.
    """
    found: dict[Case, dict[str, Change]] = {}
    for family in FAMILIES:
        looks = {name: first.looks[name] for name in family if name in first.looks}
        rows = {name: _rows(name, look, base, head, again) for name, look in looks.items()}
        among = max((look.among for look in looks.values()), default=0)
        sure = holm_corrected({name: table["p_above"] for name, table in rows.items()}, among)
        for name, table in rows.items():
            table["worse"] = sure[name]
            for case, row in zip(table.index, _confirmed_rows(table), strict=True):
                found.setdefault(case, {})[name] = _judged(name, looks[name], row)
    return found


def _rows(quantity: str, look: Look, base: GatedRun, head: GatedRun, again: GatedRun) -> pd.DataFrame:
    """A row per suspect: the test of HEAD's passes and the new ones together, and `alone_...` of the new ones."""
    (before, seen, repeated), _ = values_of(quantity, base, head, again)
    cases = set(look.suspects) & with_enough_passes(repeated)
    before, seen, repeated = (values[values.index.isin(cases)] for values in (before, seen, repeated))
    table = compare_trimmed_means(before, seen, repeated, known=look.test).table
    alone = compare_trimmed_means(before, repeated, known=look.test).table
    medians = medians_of(before, pd.concat([seen, repeated]))
    return table.join(alone.add_prefix("alone_")).join(medians).assign(alarms_from=look.relevant)


def _confirmed_rows(table: pd.DataFrame) -> Iterator[ConfirmedRow]:
    return cast("Iterator[ConfirmedRow]", table.itertuples(index=False))


def _judged(quantity: str, look: Look, row: ConfirmedRow) -> Change:
    repeated = row.alone_difference >= look.relevant and row.alone_p_above <= REPEATED_P
    if repeated and row.worse <= look.alpha and row.difference >= look.relevant:
        return change(quantity, WORSE, row, suspect=True, note="confirmed in fresh processes")
    state = UNCHANGED if rules_out_change(row, look) else UNRESOLVED
    return change(quantity, state, row, suspect=True, note="not confirmed in fresh processes")
