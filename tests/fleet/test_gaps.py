"""What a fleet could not measure is named in the run that lacks it, and in the report; a large fleet gets one page."""

from pathlib import Path

import pytest

from analysis.cli import main as analysis
from analysis.report import write
from benchmarks.cli import main
from benchmarks.fleet import fleet_command, shard_on_node
from benchmarks.fleet.fleet_command import MOST_REPORTED, gap_lines, report_command
from benchmarks.record.folder import read_journal, read_run
from benchmarks.versions.environments import EnvironmentFailed
from tests.fleet.fleet_suite import merged_runs
from tests.support.shards import COUNT


@pytest.fixture
def reports(tmp_path, monkeypatch):
    """The folder of reports, which are written in this process and without figure files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(write, "_plots", lambda section, slug: {})
    monkeypatch.setattr(fleet_command, "run_command", lambda words: analysis(words[3:]))
    return tmp_path / "results/reports"


def no_old_build(version, folder, locks):
    if version == "2.6.0":
        raise EnvironmentFailed("torch 2.6.0: no build for this Python")
    return folder / f"torch-{version}/bin/python"


@pytest.mark.slow
def test_what_nobody_could_measure_is_named_in_the_run_and_in_the_report(
    plan_file, tmp_path, suite, stored_shards, capsys, monkeypatch, reports
):
    monkeypatch.setattr(shard_on_node, "interpreter_of", no_old_build)
    (suite.folder / "never2").touch()
    both, out = tmp_path / "both.toml", str(tmp_path / "out")
    both.write_text(plan_file.read_text().replace('["2.13.0"]', '["2.13.0", "2.6.0"]'))
    assert main(["fleet", str(both), "--out", out]) == 1
    (run,) = merged_runs(tmp_path)
    assert run.name.endswith("-without-2")
    gaps = ("shard 2 was not measured: the disk is full (on ", "no shard was measured: torch 2.6.0: no build for this ")
    said, page = capsys.readouterr().err, (reports / run.name / "report.html").read_text()
    first_lines = (reports / run.name / "report.md").read_text().replace("\\", "").splitlines()[:8]
    for gap in gaps:
        assert gap in said and gap in page.partition('id="ops"')[0] and any(gap in line for line in first_lines)
    lacking = {outofplace.case.pair for outofplace, _ in read_journal(stored_shards / "shard2")}
    skipped = read_run(run)["skipped"]
    assert lacking and lacking <= skipped.keys()
    assert all("the disk is full" in skipped[name] for name in lacking)
    measured = {outofplace.case.pair for outofplace, _ in read_journal(run)}
    assert not measured & skipped.keys() and len(suite.begun) == COUNT + 2
    (suite.folder / "never2").unlink()
    monkeypatch.setattr(fleet_command, "MOST_REPORTED", 0)
    assert main(["fleet", str(plan_file), "--out", out]) == 0 and len(merged_runs(tmp_path)) == 2  # now it is whole
    assert (tmp_path / "out/dataset/fleet.html").is_file() and len(list(reports.iterdir())) == 1


def test_a_large_fleet_is_shown_by_a_dataset():
    runs = [Path(f"run{number}") for number in range(MOST_REPORTED + 1)]
    small, large = (report_command(runs[:count], ["x: why"], Path("out"))[3:] for count in (MOST_REPORTED, len(runs)))
    assert small == ["report", *map(str, runs[:MOST_REPORTED]), "--lacking=x: why"]
    assert large == ["dataset", *map(str, runs), "--in", "out/dataset", "--lacking=x: why"]


def test_gaps_of_one_reason_are_one_line():
    assert gap_lines("a", {3: "disk", 1: "disk", 2: "torch"}, 4) == [
        "a: shards 1, 3 were not measured: disk",
        "a: shard 2 was not measured: torch",
    ]
    assert gap_lines("a", {2: "gone", 1: "gone"}, 2) == ["a: no shard was measured: gone"]
