"""A frame as CSV that spreadsheets read as data: a shape in one cell, and no text that reads as a formula."""

import pandas as pd
from pandas.api.types import is_numeric_dtype


def csv_text(table: pd.DataFrame) -> str:
    """`table` as CSV (UTF-8, a shape as '1024x1024', empty where there is no value).

    A text that a spreadsheet would read as a formula gets a ' before it.
    """
    shown = with_shape_texts(table)
    texts = {name: shown[name].map(_inert) for name in shown.columns if not is_numeric_dtype(shown[name])}
    return shown.assign(**texts).to_csv(index=False, lineterminator="\n")


def _inert(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")) else value


def with_shape_texts(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with shapes as text: (1024, 1024) as '1024x1024'."""
    if "shape" not in table:
        return table
    return table.assign(shape=["x".join(map(str, shape)) for shape in table["shape"]])
