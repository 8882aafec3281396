"""Every column that the analysis writes: its name, unit and meaning. Columns that are not here are not written.

The tables, `tables/COLUMNS.md` and the fields of the Parquet file are all made from this list.
"""

from collections.abc import Iterable

from analysis.report.exports.advised_columns import ADVISED_TABLES
from analysis.report.exports.case_columns import CASE_TABLES
from analysis.report.exports.change_columns import CHANGE_TABLES
from analysis.report.exports.correctness_columns import CORRECTNESS_TABLES
from analysis.report.exports.scenario_columns import SCENARIO_TABLES

TABLES = {**CASE_TABLES, **SCENARIO_TABLES, **ADVISED_TABLES, **CORRECTNESS_TABLES, **CHANGE_TABLES}
_HEAD = """# Columns

Numbers are SI seconds, bytes and plain ratios; names end in the unit. An empty cell has no value. The baseline is
always out-of-place: a ratio above 1 is in favour of in-place. `cases.parquet` has the same columns as `cases.csv`; its
fields carry these units and meanings.
"""


def document(tables: Iterable[str]) -> str:
    """`tables/COLUMNS.md`: the columns of `tables`, in the order of TABLES."""
    return "\n".join([_HEAD, *(_section(name) for name in TABLES if name in set(tables))])


def _section(name: str) -> str:
    table = TABLES[name]
    rows = [f"| `{column.name}` | {column.unit} | {column.meaning} |" for column in table.columns]
    head = [f"## {name}.csv", "", f"A row is {table.row}.", "", "| column | unit | meaning |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])
