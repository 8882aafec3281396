"""The exported files: CSV tables, the cases as Parquet, the description of columns, JSON for dashboards."""

import io

import pandas as pd

from analysis.across.side_by_side import SideBySide
from analysis.report.exports.all_columns import TABLES, document
from analysis.report.exports.csv_text import csv_text, with_shape_texts
from analysis.report.exports.dashboards import dashboards
from analysis.report.exports.frames import frames
from analysis.right.truth import Truth
from analysis.section import Section


def export_files(parts: list[Section], truth: Truth, side: SideBySide | None = None) -> dict[str, str | bytes]:
    """The files by path: `tables/*.csv`, `tables/cases.parquet`, `tables/COLUMNS.md`, `dashboards/*.json`. `side`: the
    runs side by side, where there are several."""
    tables = frames(parts, truth, side)
    files: dict[str, str | bytes] = {f"tables/{name}.csv": csv_text(table) for name, table in tables.items()}
    files["tables/cases.parquet"] = _parquet(tables["cases"])
    files["tables/COLUMNS.md"] = document(tables)
    return files | dashboards(parts)


def _parquet(cases: pd.DataFrame) -> bytes:
    """The cases as Parquet, each field with its unit and meaning."""
    # Half a second that only a report needs.
    import pyarrow as pa
    import pyarrow.parquet as pq

    # In a column with None they would be objects.
    flags = {
        name: cases[name].astype("boolean") for name in ("disturbed", "host_bound", "held", "host_decides", "verified")
    }
    table = pa.Table.from_pandas(with_shape_texts(cases).assign(**flags), preserve_index=False)
    described = {column.name: {"unit": column.unit, "meaning": column.meaning} for column in TABLES["cases"].columns}
    fields = [field.with_metadata(described[field.name]) for field in table.schema]
    # A column of texts without any value has no type; how long the texts of others may be depends on pandas.
    texts = (pa.null(), pa.large_string())
    fields = [field.with_type(pa.string()) if field.type in texts else field for field in fields]
    written = io.BytesIO()
    pq.write_table(table.cast(pa.schema(fields)), written, compression="zstd")
    return written.getvalue()
