"""`tables/changes.csv`: a row per change from one place to the next."""

import pandas as pd

from analysis.across.places import AXES
from analysis.across.side_by_side import SideBySide


def changes_table(side: SideBySide) -> pd.DataFrame:
    """All changes of all steps, in their order; texts and, where there are any, numbers in seconds, bytes or ratios."""
    rows = []
    for stepped in side.steps:
        ends = {"before": stepped.step.before, "after": stepped.step.after}
        where = {f"{axis}_{end}": getattr(each.place, axis) for axis in AXES for end, each in ends.items()}
        runs = {f"run_{end}": each.name for end, each in ends.items()}
        for change in stepped.changes:
            texts = {name: getattr(change, name) for name in ("kind", "family", "subject", "where", "what")}
            numbers = {name: getattr(change, name) for name in ("before_value", "after_value")}
            rows.append(
                {
                    **runs,
                    **where,
                    **texts,
                    **{name: getattr(change, name) for name in ("before", "after", "change")},
                    **numbers,
                    "is_scenario": change.is_scenario,
                    "scenarios": " ".join(change.callers),
                    "note": change.note.sentence if change.note else None,
                    "source": change.note.source if change.note else None,
                }
            )
    return pd.DataFrame(rows)
