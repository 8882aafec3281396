"""Runs beside each other as the page shows them: by age, by method, with bytes that moved."""

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.report.html.anchors import Anchors
from analysis.report.html.render import html
from analysis.report.html.runs import runs_page, section_names
from analysis.right.truth import Truth
from analysis.run.load import load_runs
from analysis.section import Section, sections
from analysis.units import MISSING
from tests.analysis.invented import append_bytes, append_times, around, case, empty_run, scenario_run


def test_runs_meet_in_ratios_by_age_whatever_their_device(tmp_path: Path) -> None:
    new = empty_run(tmp_path, name="new", start="2026-02-01T00:00:00Z")
    append_times(new, case("relu", device="cuda:0", allocator="caching"), around(3.0, 0.01))
    append_times(new, case("exp", device="cuda:0", allocator="caching"), around(3.0, 0.01))
    old = empty_run(tmp_path, name="old", start="2026-01-01T00:00:00Z")
    append_times(old, case("relu"), around(2.0, 0.01))
    append_times(old, case("relu", threads=1), around(9.0, 0.01))
    parts = sections(load_runs([new, old]))
    found = runs_page(parts, ["", "s2-"], Anchors(parts))
    assert [column.prefix for column in found.columns] == ["s2-", ""]
    (row,) = found.rows
    assert [then.text for then in row.runs] == ["2.00x", "3.00x"]
    assert [then.verdict for then in row.runs] == ["faster"] * 2
    low, high = map(float, row.runs[0].interval.split(","))
    assert low < 2 < high
    assert row.spread == "1.50x"
    assert dict(found.facts)["stored as"] == ["old", "new"]
    assert dict(found.facts)["cases of ops with a verdict"] == ["2", "2"]
    assert runs_page(parts[:1], [""], Anchors(parts)) is None


def test_the_cases_of_ops_and_of_scenarios_are_counted_each(tmp_path: Path) -> None:
    ops = empty_run(tmp_path, name="ops")
    append_times(ops, case("relu"), around(2.0, 0.01))
    parts = sections(load_runs([ops, scenario_run(tmp_path)]))
    counted = {
        what: texts for what, texts in runs_page(parts, ["", "s2-"], Anchors(parts)).facts if what.startswith("cases")
    }
    judged = int(parts[1].scenarios["verdict"].notna().sum())
    assert judged > 0
    assert {what: set(texts) for what, texts in counted.items()} == {
        "cases of ops with a verdict": {"1", MISSING},
        "cases of scenarios with a verdict": {f"{judged}", MISSING},
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("device", "methods", "note"),
    [
        ("cpu", (1, 2), ""),
        ("cuda:0", (2, 2), ""),
        (
            "cuda:0",
            (1, 2),
            "These runs timed cuda by different methods: a speedup may differ for that alone.",
        ),
        ("cpu", (1, 99), "These runs timed cpu by different methods: a speedup may differ for that alone."),
    ],
)
def test_methods_that_time_a_device_otherwise_are_told(tmp_path: Path, device: str, methods: tuple, note: str) -> None:
    for method, name in zip(methods, "ab", strict=True):
        append_times(empty_run(tmp_path, name=name, method=method), case("relu", device=device), around(2.0, 0.01))
    parts = sections(load_runs([tmp_path / "a", tmp_path / "b"]))
    assert runs_page(parts, ["", "s2-"], Anchors(parts)).methods_note == note


@pytest.mark.slow
def test_the_page_tells_of_other_methods(tmp_path: Path) -> None:
    for method, name in ((1, "a"), (99, "b")):
        append_times(empty_run(tmp_path, name=name, method=method), case("relu"), around(2.0, 0.01))
    page = html(sections(load_runs([tmp_path / "a", tmp_path / "b"])), Truth())
    assert "These runs timed cpu by different methods" in page


@pytest.mark.slow
def test_bytes_that_moved_between_runs_are_told(tmp_path: Path) -> None:
    folders = [
        empty_run(tmp_path, name=name, label=name, start=f"2026-0{n}-01") for n, name in enumerate("abc", start=1)
    ]
    for folder, inplace in zip(folders, (4, 4, 8), strict=True):
        for pair, needs in (("same", 4), ("grows", inplace)):
            append_times(folder, case(pair), around(2.0, 0.01))
            append_bytes(folder, case(pair), {"peak_bytes": 8 * 1024}, {"peak_bytes": needs * 1024})
    parts = sections(load_runs(folders))
    rows = {row.pair: row for row in runs_page(parts, ["", "s2-", "s3-"], Anchors(parts)).rows}
    assert (rows["same"].memory, rows["same"].memory_moved) == ("2.00x", False)
    moved = rows["grows"].memory.replace("\u00a0", " ")
    assert moved == "2.00x (8 → 4 KiB); then 1.00x (8 → 8 KiB)" and rows["grows"].memory_moved
    assert rows["grows"].id == "history-grows.inference.65536"


@pytest.mark.slow
def test_scenarios_have_a_history_too(tmp_path: Path) -> None:
    folders = [empty_run(tmp_path, name=name, label=name, scenarios={"net": {"topic": "vision"}}) for name in "ab"]
    for folder in folders:
        append_times(folder, case("net", family="scenarios", scale=2), around(2.0, 0.01))
        append_times(folder, case("net", family="scenarios", scale=4), around(3.0, 0.01))
    parts = sections(load_runs(folders))
    found = runs_page(parts, ["", "s2-"], Anchors(parts))
    assert [[then.text for then in row.runs] for row in found.rows] == [["2.00x"] * 2, ["3.00x"] * 2]
    assert len({row.id for row in found.rows}) == 2


def test_runs_of_one_name_are_told_apart(named_section: Section) -> None:
    (name,) = section_names([named_section])
    facts = {**named_section.run.facts, "start": "2026-01-02T05:06:07+00:00"}
    later = replace(named_section, run=replace(named_section.run, facts=facts))
    names = section_names([named_section, later, named_section])
    assert names == [f"{name} 03:04", f"{name} 05:06", f"{name} 03:04~2"]


def test_runs_of_one_day_are_named_by_what_they_measured(tmp_path: Path) -> None:
    ops = empty_run(tmp_path, name="ops")
    append_times(ops, case("relu"), around(2.0, 0.01))
    both = scenario_run(tmp_path, name="both")
    append_times(both, case("relu"), around(2.0, 0.01))
    parts = sections(load_runs([ops, scenario_run(tmp_path, name="scenarios"), both]))
    name = section_names(parts[:1])[0].rpartition(" · ")[0]  # without its day
    assert section_names(parts) == [f"{name} · ops", f"{name} · scenarios", f"{name} · ops, scenarios"]
