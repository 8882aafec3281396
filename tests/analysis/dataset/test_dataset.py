"""Runs as a Parquet dataset, and the page of a fleet: planted changes are found, and nothing else."""

from dataclasses import replace

import pandas as pd
import pytest

from analysis.cli import main
from analysis.dataset.grid_page import CHANGES, KEPT, PAGE, PLACES, grid_html, grid_sentences
from analysis.dataset.grid_rows import folded_changes
from analysis.dataset.parquet_runs import columnar_runs, read_columns, write_columns
from analysis.dataset.version_grid import FleetChange, FleetPlace, version_grid
from analysis.run.load import load_run
from analysis.section import sections
from benchmarks.record import RecordError
from tests.analysis.invented import (
    MACHINE,
    append_bytes,
    append_failure,
    append_times,
    around,
    case,
    empty_run,
    named_run,
)

VERSIONS = ("2.9.0", "2.13.0", "2.15.0")


def a_run(parent, kind, version, **changes):
    """`turned` is slower from 2.13 on, `grown` needs more in 2.15, `broken` fails in 2.15; `same` stays."""
    number = VERSIONS.index(version)
    machine = {**MACHINE, "cpu_model": kind, "host": f"{kind}-{number}", "torch_version": f"{version}+cpu"}
    folder = empty_run(parent, name=f"20260102T030405Z-{kind}-{version}", machine=machine, **changes)
    append_times(folder, case("same"), around(1.5, 0.01))
    append_times(folder, case("turned"), around(0.5 if number else 2.0, 0.01))
    append_times(folder, case("grown"), around(1.0, 0.005))
    append_bytes(folder, case("grown"), {"peak_bytes": 300 if number == 2 else 200}, {"peak_bytes": 100})
    if number < 2:
        append_times(folder, case("broken"), around(1.0, 0.005))
    else:
        append_failure(folder, case("broken"), "unsupported", "gone")
    return folder


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    parent = tmp_path_factory.mktemp("runs")
    return [a_run(parent, kind, version) for kind in ("epyc", "arm") for version in VERSIONS]


@pytest.fixture(scope="module")
def dataset(fleet, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dataset")
    assert main(["dataset", *map(str, fleet), "--in", str(folder)]) == 0
    return folder


def test_the_grid_has_each_version_on_each_kind_and_exactly_the_planted_changes(dataset):
    grid = version_grid(columnar_runs(dataset))
    assert grid.versions == list(VERSIONS), "2.9 comes before 2.13"
    assert grid.places == [FleetPlace("arm, 4 cores", "cpu"), FleetPlace("epyc, 4 cores", "cpu")]
    found = {key: (change.cases, len(change.places)) for key, change in grid.changes.items()}
    assert found == {
        ("verdict", "turned", "2.9.0", "2.13.0"): (2, 2),
        ("bytes", "grown", "2.13.0", "2.15.0"): (2, 2),
        ("state", "broken", "2.13.0", "2.15.0"): (2, 2),
    }
    change = grid.changes["bytes", "grown", "2.13.0", "2.15.0"]
    assert (change.before, change.after) == (
        "200\u00a0B",
        "300\u00a0B",
    ) and change.example == "grown, inference, 65536: out-of-place peak"
    cell = grid.cells[grid.places[0], "2.13.0"]
    assert cell.speedup == pytest.approx((1.5 * 0.5) ** (1 / 4), rel=1e-3) and cell.memory_ratio == pytest.approx(2.0)
    assert cell.verdicts == {"faster": 1, "slower": 1, "no difference": 2, "inconclusive": 0} and not cell.failed
    assert grid.cells[grid.places[0], "2.15.0"].failed == 1


def test_the_page_and_its_tables_say_the_same(dataset):
    page = (dataset / PAGE).read_text()
    assert "3 versions of torch on 2 kinds of machine and device: 24 cases" in page
    assert "6 of 16 cases changed" in page and "grown, inference, 65536: out-of-place peak, on arm" in page
    assert "<script" not in page and "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/", "")
    places, changes = (pd.read_csv(dataset / name) for name in (PLACES, CHANGES))
    assert len(places) == 6 and places["verdict_changed"].sum() == 2
    assert sorted(changes["kind"]) == ["bytes", "state", "verdict"]


def test_columns_are_those_of_the_section(tmp_path):
    run = named_run(tmp_path)
    write_columns(run, tmp_path / "dataset")
    (stored,) = columnar_runs(tmp_path / "dataset")
    (section,) = sections([load_run(run)])
    read = read_columns(stored, "cpu", ["pair", "verdict", "speedup", "outofplace_peak_bytes"])
    for name in ("pair", "verdict", "speedup", "outofplace_peak_bytes"):
        theirs = section.all_cases[name]
        assert [None if pd.isna(value) else value for value in read[name]] == [
            None if pd.isna(value) else value for value in theirs
        ], name
    assert stored.measurements == len(section.run.frame) and stored.cases == len(section.all_cases)


def test_a_run_is_added_once_and_again_when_it_changed(tmp_path, capsys):
    run, to = a_run(tmp_path, "epyc", "2.9.0"), tmp_path / "dataset"
    assert [write_columns(run, to), write_columns(run, to)] == [True, False]
    append_times(run, case("later"), around(1.0, 0.01))
    assert write_columns(run, to) and columnar_runs(to)[0].cases == 5
    (tmp_path / "other").mkdir()
    other = a_run(tmp_path / "other", "epyc", "2.9.0", start="2027-01-01T00:00:00Z")
    with pytest.raises(RecordError, match="another run of that name"):
        write_columns(other, to)


def test_of_several_runs_of_a_place_the_newest_counts(fleet, dataset):
    runs = columnar_runs(dataset)
    older = replace(runs[0], name="older", start="2025-01-01T00:00:00Z", path=runs[1].path)
    grid = version_grid([*runs, older])
    assert grid.left_out == 1 and "older" not in {name for cell in grid.cells.values() for name in cell.runs}


def test_a_smaller_newer_run_replaces_only_its_own_cases(tmp_path):
    """As a run of scenarios after a run of ops: both count. And numbers of threads fold as on the page of few runs."""
    machine = {**MACHINE, "torch_version": "2.9.0"}
    ops = empty_run(tmp_path, "1-ops", machine=machine, start="2026-01-01T00:00:00Z")
    later = empty_run(tmp_path, "2-later", machine=machine, start="2026-01-02T00:00:00Z")
    for name in ("same", "again"):
        append_times(ops, case(name), around(1.5, 0.01))
    append_times(ops, case("again", threads=8), around(1.5, 0.01))
    append_times(later, case("again"), around(3.0, 0.01))
    append_times(later, case("new"), around(2.0, 0.01))
    after = empty_run(tmp_path, "3-after", machine={**machine, "torch_version": "2.13.0"})
    append_times(after, case("same", threads=1), around(0.5, 0.01))
    append_failure(after, case("same"), "unsupported", "gone")
    append_bytes(after, case("new"), {"peak_bytes": 300}, {"peak_bytes": 100})
    for folder in (ops, later, after):
        write_columns(folder, tmp_path / "dataset")
    grid = version_grid(columnar_runs(tmp_path / "dataset"))
    (place,) = grid.places
    cell = grid.cells[place, "2.9.0"]
    assert (cell.runs, cell.cases, grid.left_out) == (("2-later", "1-ops"), 3, 0)
    assert cell.speedup == pytest.approx((1.5 * 3.0 * 2.0) ** (1 / 3), rel=1e-3)
    found = {key[:2]: (change.before, change.after) for key, change in grid.changes.items()}
    assert found["state", "same"] == ("ok", "unsupported"), "the gravest number of threads"
    assert found["verdict", "same"][1].endswith("slower"), "the largest number of threads with a verdict"
    assert grid.changed[place, "2.13.0"].total() == 2
    (line,) = [line for line in grid_sentences(grid) if "changed" in line]
    assert line == "From one version to the next 1 of 2 cases changed, of 1 op.", "a case of two kinds is one case"


def test_what_is_no_dataset_is_refused_in_one_line(tmp_path, dataset, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text/x.parquet").write_text("no")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "empty/.x")
    cut = tmp_path / "cut"
    cut.mkdir()
    (cut / "x.parquet").write_bytes(next(dataset.glob("*.parquet")).read_bytes()[:900])
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    pd.DataFrame({"a": [1]}).to_parquet(foreign / "x.parquet")
    for folder, why in (
        ("empty", "holds no run"),
        ("text", "cannot be read"),
        ("cut", "cannot be read"),
        ("foreign", "none of this suite"),
    ):
        assert main(["dataset", "--in", str(tmp_path / folder)]) == 2
        said = capsys.readouterr().err
        assert why in said and said.count("\n") == 1
    assert main(["dataset", str(tmp_path / "nowhere"), "--in", str(tmp_path / "new")]) == 2
    assert "not a run" in capsys.readouterr().err


def test_many_changes_are_folded_to_a_bounded_page(dataset):
    grid = version_grid(columnar_runs(dataset))
    for number in range(3 * KEPT):
        change = FleetChange(1, {grid.places[0]}, "a case", grid.places[0], "1", "<b>2</b>")
        grid.changes["bytes", f"op{number}", "2.9.0", "2.13.0"] = change
    assert len(folded_changes(grid, KEPT)) < KEPT
    page = grid_html(grid, [f"run {number}: <b>no</b> build" for number in range(50)])
    assert page.count("&lt;b&gt;no&lt;/b&gt; build") == 50 and "and 38 more that were not measured" in page
    assert page.index("run 0: ") < page.index("Speedup of ops")
    assert f"{len(grid.changes) - len(folded_changes(grid, KEPT))} more are in changes.csv" in page
    assert "<b>2</b>" not in page and len(page) < 2**20
