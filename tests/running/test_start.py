"""Runs taken up again: which may be, and what a full disk leaves to be finished."""

import json
import resource
from pathlib import Path

import pytest

from benchmarks.cli import main
from benchmarks.record.advice_facts import AdviceFacts
from benchmarks.record.field_types import types_of
from benchmarks.record.folder import read_journal, read_run, write_run
from benchmarks.record.machine_facts import CudaSettings, GpuFacts
from benchmarks.record.run_facts import (
    BudgetFacts,
    LeftOut,
    LookFacts,
    PairFacts,
    RunFacts,
    ScenarioFacts,
    ShardFacts,
    unfit_fields,
)
from benchmarks.running.unsupervised import only_pass
from tests.record.declared import declarations, objects
from tests.support import pair_files
from tests.support.commands import SMALL
from tests.support.forked import run_with_forks


def unfinished(folder: Path, **changes) -> Path:
    """A partial run as this suite writes it, with some facts changed."""
    folder.mkdir()
    facts = {"state": "partial", "machine": {"host": "h"}, "options": {"preset": "smoke", "device": "cpu"}}
    facts |= {"command": "pytest benchmarks"}
    facts |= {"budget": {"passes": 1, "seconds": 0.1, "precision": 0.1}, "passes": [], "ceilings": [], "floors": {}}
    write_run(folder, facts | changes)
    return folder


def test_runs_that_cannot_be_finished(small_run, tmp_path, capsys):
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "run.json").write_text('{"benchmarks": []}')
    newer = unfinished(tmp_path / "newer")
    (newer / "run.json").write_text(json.dumps({**read_run(newer), "record": 99}))
    handmade = unfinished(tmp_path / "hand", passes=[{**vars(only_pass("time")), "state": "planned"}])
    lacking = unfinished(tmp_path / "lacking", options=None)
    moved = unfinished(tmp_path / "moved", options={"pairs": str(tmp_path / "gone.py"), "device": "cpu"})
    elsewhere = unfinished(tmp_path / "elsewhere")
    runs = {
        small_run.folder: "is complete already",
        tmp_path / "none": "not a run",
        tmp_path / "foreign": "not a run of this suite",
        newer: "record version 99",
        handmade: "was measured by pytest",
        lacking: "lacks 'options'",
        moved: "gone.py: No such file",
        elsewhere: "was started with host 'h'",
    }
    for run, reason in runs.items():
        assert main(["run", "--resume", str(run)]) == 2
        line = capsys.readouterr().err
        assert line.startswith("error: ") and reason in line and line.count("\n") == 1
        assert run.name in line or run == moved
    assert small_run.run.facts["state"] == "complete"


def test_a_run_is_finished_with_its_own_options(small_run, capsys):
    assert main(["run", "--resume", str(small_run.folder), "--case-limit", "3"]) == 2
    assert capsys.readouterr().err == "error: --case-limit: a run is finished with its own options; leave it out\n"


def test_a_run_has_exactly_the_declared_fields_in_their_order(small_run):
    facts = read_run(small_run.folder)
    of_others = ("shards", "advice")  # of a merged run, and of the advisor's
    assert unfit_fields(facts, tuple(types_of(RunFacts))) == [*of_others]
    seen = list(objects(RunFacts, facts))
    for declared, stored in seen:
        optional = {PairFacts: {"labels"}, BudgetFacts: {"narrow"}, RunFacts: {*of_others}}.get(declared, set())
        assert list(stored) == [name for name in types_of(declared) if name not in optional], declared
    absent = {GpuFacts, CudaSettings} if not facts["machine"]["gpus"] else set()
    assert {declared for declared, _ in seen} == set(declarations(RunFacts)) - absent - {
        ScenarioFacts,
        LookFacts,  # a run whose passes are counted has no looks
        LeftOut,
        ShardFacts,
        *declarations(AdviceFacts),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "limit, file",
    [(3_500, "the journal"), (6_000, "pytest-benchmark's file")],
    ids=["journal", "pytest-benchmark"],
)
def test_a_full_disk_is_one_line_and_the_run_can_be_finished(tmp_path, limit, file):
    """A limit on the size of files stands in for the disk: writing fails in the same place, in the same way."""
    (tmp_path / "honest.py").write_text(pair_files.honest(1))
    pairs = ("--pairs", str(tmp_path / "honest.py"), "--numel", "1Ki" if "bench" in file else "1Ki,2Ki")
    full = run_with_forks(
        *("run", *SMALL),
        *(*pairs, "--out", str(tmp_path / "out"), "--no-report"),
        scratch=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY)),
    )
    assert full.returncode == 2, full.stderr
    line = full.stderr.splitlines()[-1]
    (run,) = (tmp_path / "out").iterdir()
    assert line.startswith("error: ") and "File too large" in line and "Traceback" not in full.stderr
    assert str(run) in line
    before = list(read_journal(run))
    assert read_run(run)["state"] == "partial"
    assert run_with_forks("run", "--resume", str(run), "--no-report", scratch=tmp_path).returncode == 0
    assert list(read_journal(run))[: len(before)] == before
    assert read_run(run)["state"] == "complete"
    assert json.loads((run / "pytest-benchmark-1.json").read_text())["benchmarks"]
