"""The tables as CSV and as Parquet say the same."""

import io
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis.report.exports.all_columns import TABLES
from analysis.report.exports.files import export_files
from analysis.right.truth import Truth
from analysis.run.load import StoredRun, load_run
from analysis.section import sections
from tests.analysis.invented import append_failure, append_times, case, empty_run
from tests.analysis.invented_gpu import gpu_run


@pytest.fixture(scope="module")
def exported(run: StoredRun) -> dict[str, str | bytes]:
    return export_files(sections([run]), Truth())


def parquet(exported: dict) -> pd.DataFrame:
    return pq.read_table(io.BytesIO(exported["tables/cases.parquet"])).to_pandas()


def test_csv_holds_raw_numbers(exported: dict, cases: pd.DataFrame) -> None:
    text = exported["tables/cases.csv"]
    read = pd.read_csv(io.StringIO(text))
    assert len(read) == len(cases)
    row = read[(read["pair"] == "half_the_memory")].iloc[0]
    assert (row["outofplace_peak_bytes"], row["inplace_peak_bytes"]) == (524288, 262144)
    assert (str(row["shape"]), row["verdict"]) == ("65536", "faster")
    assert "262144.0" not in text, "bytes are whole numbers"


def test_parquet_holds_what_csv_holds(exported: dict) -> None:
    text = pd.read_csv(io.StringIO(exported["tables/cases.csv"]), dtype={"shape": str})
    table = parquet(exported)
    assert list(table.columns) == list(text.columns)
    for name in text.columns:
        assert [None if pd.isna(value) else value for value in table[name]] == [
            None if pd.isna(value) else value for value in text[name]
        ], name


def test_parquet_has_types_units_and_meanings(exported: dict) -> None:
    schema = pq.read_schema(io.BytesIO(exported["tables/cases.parquet"]))
    types = {name: str(schema.field(name).type) for name in schema.names}
    assert (types["numel"], types["speedup"], types["inplace_peak_bytes"]) == ("int64", "double", "int64")
    assert (types["disturbed"], types["reason"], types["shape"]) == ("bool", "string", "string")
    for column in TABLES["cases"].columns:
        told = schema.field(column.name).metadata
        assert (told[b"unit"].decode(), told[b"meaning"].decode()) == (column.unit, column.meaning)


@pytest.mark.slow
def test_a_gpus_columns_have_types_and_say_the_same_in_both(tmp_path: Path) -> None:
    made = export_files(sections([load_run(gpu_run(tmp_path))]), Truth())
    schema = pq.read_schema(io.BytesIO(made["tables/cases.parquet"]))
    types = {name: str(schema.field(name).type) for name in schema.names}
    assert (types["host_bound"], types["held"], types["throttled_blocks"]) == ("bool", "bool", "int64")
    assert (types["host_speedup"], types["felt_verdict"], types["cache"]) == ("double", "string", "string")
    test_parquet_holds_what_csv_holds(made)
    table = parquet(made).set_index("pair")
    row = table.loc["host_bound"]
    assert (row["host_bound"], row["held"], row["felt_verdict"], row["throttled_blocks"]) == (True, True, "faster", 0)
    assert row[["inplace_host_time_s", "inplace_felt_time_s"]].tolist() == pytest.approx([6e-6, 6e-6])
    assert (types["host_decides"], types["felt_speedup_low"], row["host_decides"]) == ("bool", "double", True)
    assert table.loc["synchronises", "unheld_reason"] == "synchronises"


@pytest.mark.slow
def test_a_run_without_a_number_is_exported_too(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_failure(folder, case("relu", numel=0, shape=()), "crashed", "")
    exported = export_files(sections([load_run(folder)]), Truth())
    table = parquet(exported)
    assert list(table["state"]) == ["crashed"]
    assert table[["speedup", "verdict", "inplace_peak_bytes", "disturbed"]].isna().all(axis=None)
    assert not [name for name in exported if name.startswith("dashboards/")]


@pytest.mark.slow
def test_one_cases_types_do_not_depend_on_its_values(tmp_path: Path, exported: dict) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), [2.0])
    few = export_files(sections([load_run(folder)]), Truth())
    schemas = [pq.read_schema(io.BytesIO(each["tables/cases.parquet"])) for each in (few, exported)]
    assert schemas[0].equals(schemas[1])
