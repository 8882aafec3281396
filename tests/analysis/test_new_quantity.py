"""What a new measured quantity costs: a field, the lines that measure it, and an entry; then it stands everywhere.

Files: `record/measurement.py`, `measure/memory.py` (for bytes), `numbers/quantities.py`; and, as it is a new record, a
line of history in `record/__init__.py`.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.analysis.invented import append_bytes, append_times, around, case, empty_run
from tests.support.commands import ROOT

pytestmark = pytest.mark.slow

FIELDS = "    spilled_bytes: Bytes | None = None\n    cache_misses: PerCall | None = None\n"
ENTRIES = """
    Quantity(
        name="spilled_bytes", kind="memory", over_passes="exact", unit="bytes", meaning="what went to the spill",
        text=bytes_text, heading="spilled", on_card=True, metric="spilled memory", gated=True,
    ),
    Quantity(
        name="cache_misses", kind="time", over_passes="max", unit="misses per call", meaning="misses, of all passes",
        text=faults_text, heading="cache misses", on_card=True, metric="cache misses",
    ),
"""
PROGRAM = """
import sys
from analysis.cli import main
base, head, to = sys.argv[1:]
main(["report", base, "--to", to])
main(["show", "relu", base])
main(["compare", base, head, "--json", f"{to}/gate.json"])
"""


#: `measure_memory` counts the bytes of all blocks that the calls took.
COUNTED_FIELD = "    spilled_bytes: int | None = None\n"
COUNTED_LINE = "        spilled_bytes=sum(nbytes for _, nbytes in events.changes if nbytes > 0),\n"
MEASURING = """
import sys
from pathlib import Path
from benchmarks.running.run import Pass, Run
from benchmarks.running.session import Session
from tests.running.cases import CASE, pair_of
run = Run.create(Path(sys.argv[1]), {"state": "partial", "machine": {}, "passes": [], "floors": {}, "ceilings": []})
Session(run, Pass(0, "memory", "fresh"), {CASE.pair: pair_of()}).measure(CASE)
"""


@dataclass(frozen=True)
class Written:
    """What the analysis of a suite with two more quantities writes."""

    folder: Path
    printed: str

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()


def add_lines(file: Path, before: str, lines: str) -> None:
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, lines + before))


def suite_with_two_more(folder: Path) -> Path:
    for room in ("benchmarks", "analysis"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    add_lines(folder / "benchmarks/record/measurement.py", '    # kind "memory"\n', FIELDS)
    add_lines(folder / "benchmarks/measure/memory.py", "    #: CPU: highest live bytes in each", COUNTED_FIELD)
    add_lines(folder / "benchmarks/measure/memory.py", "        rss_peak_bytes=_rss_peak(", COUNTED_LINE)
    add_lines(folder / "analysis/numbers/quantities.py", ")\n\nTIMED = ", f",{ENTRIES}")
    return folder


def run_with_both(parent: Path, name: str, spilled: int) -> Path:
    """One op, whose in-place variant spills half; in each pass one more cache miss."""
    folder = empty_run(parent, name, start=f"2026-01-02T03:04:{spilled // 1024:02}Z")
    append_times(folder, case("relu"), around(2.0, 0.01))
    append_bytes(folder, case("relu"), {"peak_bytes": 2048}, {"peak_bytes": 1024})
    journal = folder / "measurements.jsonl"
    rows = [json.loads(line) for line in journal.read_text().splitlines()]
    for row in rows:
        if row["kind"] == "memory":
            row["spilled_bytes"] = spilled // (1 + (row["variant"] == "inplace"))
        else:
            row["cache_misses"] = row["pass_number"]
    journal.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return suite_with_two_more(tmp_path_factory.mktemp("new") / "suite")


@pytest.fixture(scope="module")
def written(suite: Path) -> Written:
    scratch = suite.parent
    runs = [run_with_both(scratch, name, spilled) for name, spilled in (("base", 4096), ("head", 8192))]
    arguments = [sys.executable, "-c", PROGRAM, *map(str, runs), str(scratch / "report")]
    done = subprocess.run(arguments, cwd=suite, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return Written(scratch / "report", done.stdout)


def test_it_is_measured_and_stored(suite: Path) -> None:
    """An op on 256 bytes is called twice: once before anything is counted, once counted."""
    folder = suite.parent / "measured"
    environment = {**os.environ, "PYTHONPATH": f"{suite}{os.pathsep}{ROOT}"}
    arguments = [sys.executable, "-c", MEASURING, str(folder)]
    subprocess.run(arguments, cwd=suite, env=environment, check=True, timeout=300)
    rows = [json.loads(line) for line in (folder / "measurements.jsonl").read_text().splitlines()]
    assert {row["variant"]: row["spilled_bytes"] for row in rows} == {"outofplace": 2 * 512, "inplace": 2 * 256}


def test_its_columns_are_the_last(written: Written) -> None:
    (row,) = csv.DictReader(written.text("tables/cases.csv").splitlines())
    assert list(row.items())[-4:] == [
        ("outofplace_spilled_bytes", "4096"),
        ("inplace_spilled_bytes", "2048"),
        ("outofplace_cache_misses", "7.0"),
        ("inplace_cache_misses", "7.0"),
    ]


def test_its_columns_are_described(written: Written) -> None:
    document = written.text("tables/COLUMNS.md")
    assert "| `inplace_spilled_bytes` | bytes | in-place: what went to the spill |" in document
    assert "| `outofplace_cache_misses` | misses per call | out-of-place: misses, of all passes |" in document


def test_a_card_shows_it(written: Written) -> None:
    lines = [line.split() for line in written.printed.splitlines()]
    heading = next(line for line in lines if line[:3] == ["phase", "size", "out-of-place"])
    assert heading[-4:] == ["peak", "spilled", "cache", "misses"]
    assert "4 \N{RIGHTWARDS ARROW} 2 KiB" in written.printed


def test_the_pages_table_of_cases_shows_it(written: Written) -> None:
    page = written.text("report.html")
    assert "outofplace_spilled_bytes inplace_spilled_bytes" in page and "outofplace_cache_misses" in page


def test_the_gate_judges_it(written: Written) -> None:
    (judged,) = json.loads(written.text("gate.json"))["cases"]
    worse = [change for change in judged["changes"] if change["state"] == "worse"]
    assert [(change["quantity"], change["base"], change["head"]) for change in worse] == [
        ("outofplace_spilled_bytes", 4096, 8192),
        ("inplace_spilled_bytes", 2048, 4096),
    ]
    assert "out-of-place spilled bytes" in written.printed


def test_dashboards_get_it(written: Written) -> None:
    entries = json.loads(written.text("dashboards/github-action-benchmark.json"))
    found = {entry["name"].rpartition("/")[2]: (entry["value"], entry["unit"]) for entry in entries}
    assert found["inplace spilled memory"] == (2048, "bytes")
    assert found["inplace cache misses"] == (7, "misses per call")
