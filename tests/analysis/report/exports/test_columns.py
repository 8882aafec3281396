"""Every column that is written is documented, and the document says what is written."""

import csv
import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.across.side_by_side import side_by_side
from analysis.report.exports.all_columns import TABLES, document
from analysis.report.exports.files import export_files
from analysis.right.truth import read_truth
from analysis.run.load import CASE_COLUMNS, load_run
from analysis.section import sections
from tests.analysis.correctness import claim, hazard, pair, store
from tests.analysis.invented import (
    append_times,
    around,
    case,
    declaration,
    empty_run,
    expecting,
    growing,
    scenario_case,
)

#: `tables/cases.csv` as the contract promises it to scripts: typed out, so that a slip in the code shows.
CONTRACT = re.findall(
    r"\w+",
    """
    run, family, pair, phase, numel, shape, dtype, layout, operand, other_requires_grad, device, allocator,
    threads, passes, state, reason, outofplace_time_s, inplace_time_s, speedup, speedup_low, speedup_high,
    verdict, outofplace_peak_bytes, inplace_peak_bytes, outofplace_held_bytes, inplace_held_bytes,
    outofplace_step_peak_bytes, inplace_step_peak_bytes, outofplace_page_faults, inplace_page_faults,
    outofplace_bandwidth_ratio, inplace_bandwidth_ratio, disturbed, scale,
    outofplace_host_time_s, inplace_host_time_s, host_speedup, host_speedup_low, host_speedup_high, host_verdict,
    host_bound, felt_speedup, felt_verdict, held, unheld_reason, cache, throttled_blocks,
    measured_blocks, dropped_blocks,
    host_decides, outofplace_felt_time_s, inplace_felt_time_s, felt_speedup_low, felt_speedup_high,
    outofplace_reserved_peak_bytes, inplace_reserved_peak_bytes, verified,
    agreement_error, agreement_differing, gradient, outofplace_rounding_error, inplace_rounding_error,
    outofplace_leaked_bytes, inplace_leaked_bytes, outofplace_garbage_bytes, inplace_garbage_bytes,
    below_resolution
    """,
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | bytes]:
    """A run that has something for every table."""
    parent = tmp_path_factory.mktemp("everything")
    covered = {"measured": ["add_"], "excused": {"x_": "alias"}, "missing": ["y_"]}
    told = declaration(expecting("time", "less"), growing("time", "inplace", 1.0))
    peak = {"peak_bytes": 8, "rows": [{"category": "temporaries", "op": "mul", "sum_bytes": 8}]}
    advice = {"steps": [{"step": "train.py:make", "given_peak": peak}], "decisions": [{"verdict": "do"}]}
    folder = empty_run(parent, coverage=covered, scenarios={"net": told}, advice=advice)
    for scale in (2, 4, 8):
        append_times(folder, scenario_case("net", scale=scale), around(2.0, 0.01))
    append_times(folder, case("relu"), around(2.0, 0.01))
    append_times(folder, case("relu", dtype="bfloat16"), around(2.0, 0.01))
    store(parent / "stored", "safety", pair("relu", nonleaf="wrong"))
    store(parent / "stored", "claims", claim())
    store(parent / "stored", "hazards", hazard())
    append_times(earlier := empty_run(parent, "earlier"), case("relu"), around(2.0, 0.01))
    append_times(later := empty_run(parent, "later"), case("relu"), around(0.5, 0.01))
    parts, truth = sections([load_run(each) for each in (folder, earlier, later)]), read_truth([parent / "stored"])
    return export_files(parts[:1], truth, side_by_side(parts[1:], truth))


def written(exported: dict) -> dict[str, list[str]]:
    """By table the columns of its CSV file."""
    files = {name: text for name, text in exported.items() if name.endswith(".csv")}
    return {Path(name).stem: next(csv.reader(text.splitlines())) for name, text in files.items()}


def test_every_column_written_is_documented_and_every_documented_one_written(exported: dict) -> None:
    assert written(exported) == {name: table.names for name, table in TABLES.items()}


def test_the_document_has_each_with_its_meaning(exported: dict) -> None:
    text = exported["tables/COLUMNS.md"]
    for name, table in TABLES.items():
        part = text.partition(f"## {name}.csv\n")[2].partition("\n## ")[0]
        assert re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE) == table.names
    assert not re.search(r"\|\s*\|$", text, re.MULTILINE), "a column without a meaning"


def test_a_document_of_some_tables_names_no_other() -> None:
    assert re.findall(r"^## (.+)", document(["cases", "memory"]), re.MULTILINE) == ["cases.csv", "memory.csv"]


def test_units_stand_in_the_names() -> None:
    """What ends in `_s` is seconds, in `_bytes` bytes, and the other way round."""
    for table in TABLES.values():
        for column in table.columns:
            if column.unit in ("s", "bytes"):
                assert f"_{column.unit}" in column.name, column
            if column.name.endswith(("_s", "_bytes")):
                assert column.unit in ("s", "bytes"), column


def test_cases_are_the_contracts(exported: dict, cases: pd.DataFrame) -> None:
    assert TABLES["cases"].names == CONTRACT
    assert set(CASE_COLUMNS) <= set(TABLES["cases"].names)
    assert set(TABLES["cases"].names) <= set(cases.columns)
