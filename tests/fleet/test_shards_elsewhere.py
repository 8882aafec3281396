"""The same shards on CI runners and under Slurm: their steps run here, with shards that were stored before."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml

from analysis.cli import main as analysis
from analysis.report import write
from benchmarks.record.folder import read_journal, read_run
from tests.support.commands import ROOT
from tests.support.forked import run_with_forks
from tests.support.shards import COUNT

WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/bench-shards.yml").read_text())
SCRIPT = ROOT / "benchmarks/fleet/shards.sbatch"


def step(job, name):
    (found,) = [each["run"] for each in WORKFLOW["jobs"][job]["steps"] if each.get("name") == name]
    return found


def shell(command, cwd, **environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    own = {"VENV": "", "PYTHON": sys.executable, "PYTHONPATH": str(ROOT), **environment}
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command]
    done = subprocess.run(words, cwd=cwd, env={**kept, **own}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_jobs_of_the_workflow_measure_each_shard_of_each_version_once():
    matrix = WORKFLOW["jobs"]["measure"]["strategy"]["matrix"]
    assert matrix["shard"] == [f"{number}/{len(matrix['shard'])}" for number in range(1, len(matrix["shard"]) + 1)]
    merging = WORKFLOW["jobs"]["merge"]
    assert merging["needs"] == "measure"
    assert merging["strategy"]["matrix"] == {name: matrix[name] for name in ("torch", "runner")}
    (taken,) = [each["with"] for each in merging["steps"] if "download-artifact" in each.get("uses", "")]
    (given,) = [each["with"] for each in WORKFLOW["jobs"]["measure"]["steps"] if "upload" in each.get("uses", "")]
    assert given["name"].startswith(taken["pattern"].removesuffix("*")) and given["path"] == taken["path"]


def made(command, module, cwd, **environment):
    """The words that a step's make would give to a module of the suite: they run in this process or a fork of it."""
    (line,) = [
        line for line in shell(command, cwd, MAKEFLAGS="n", **environment).splitlines() if f"-m {module}" in line
    ]
    return shlex.split(line)[3:]


@pytest.mark.slow
def test_a_runner_measures_its_shard(tmp_path):
    tiny = {"PRESET": "smoke", "PAIR": "relu,add,exp", "NUMEL": "1Ki", "PASSES": "1"}
    words = made(step("measure", "Measure"), "benchmarks", ROOT, SHARD="2/3", **tiny)
    assert words[words.index("--out") + 1] == "results/shards"
    words[words.index("--out") + 1] = str(tmp_path / "shards")
    words[words.index("--threads") + 1] = "1"
    done = run_with_forks(*words, "--seconds", "0.001", "--no-report", scratch=tmp_path)
    (shard,) = (tmp_path / "shards").iterdir()
    facts = read_run(shard)
    assert done.returncode == 0 and (facts["state"], facts["options"]["shard"]) == ("complete", "2/3"), done.stderr


@pytest.mark.slow
def test_a_runner_merges_reports_and_compares(tmp_path, stored_shards, monkeypatch):
    for name in ("benchmarks", "analysis", "Makefile", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    for number in range(1, COUNT + 1):
        shutil.copytree(stored_shards / f"shard{number}", tmp_path / f"results/shards/run{number}")
    base = shutil.copytree(stored_shards / "whole", tmp_path / "results/base")
    facts = read_run(base)
    (base / "run.json").write_text(json.dumps({**facts, "start": "2026-01-01T00:00:00Z"}))
    where = {"PYTHONPATH": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "BASE": "results/base"}
    shell(step("merge", "Merge"), tmp_path, **where)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(write, "_plots", lambda section, slug: {})  # seconds, which the summary does not show
    assert analysis(made(step("merge", "Report"), "analysis", tmp_path, **where)) == 0
    for name in ("Compare", "Summary"):
        shell(step("merge", name), tmp_path, **where)
    (page,) = (tmp_path / "results/reports").glob("*/report.md")
    merged = tmp_path / "results/ci/merged"
    assert sorted(out.line() for out, _ in read_journal(merged)) == sorted(out.line() for out, _ in read_journal(base))
    told = (tmp_path / "summary.md").read_text()
    assert "No regression in " in told and (tmp_path / "gate.md").is_file() and page.read_text() in told


MAKE = """#!/bin/sh
echo "$@" >> "$LOG"
for word in "$@"; do
  case $word in
    RESUME=*) exit $RESUMES ;;
    OUT=*) mkdir -p "${word#OUT=}/20260101T000000Z-host" ;;
  esac
done
"""


def test_a_slurm_task_measures_its_shard_and_goes_on_when_it_is_queued_again(tmp_path):
    (tmp_path / "make").write_text(MAKE)
    (tmp_path / "make").chmod(0o755)
    task = {"SLURM_SUBMIT_DIR": str(tmp_path), "SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_COUNT": "5"}
    task |= {"LOG": str(tmp_path / "log"), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    new = "bench SHARD=2/5 DEVICE=cpu OUT=results/shards/2"
    again = "bench RESUME=results/shards/2/20260101T000000Z-host"
    shard = tmp_path / "results/shards/2/20260101T000000Z-host"
    for _ in range(2):  # new; then it goes on
        shell(f"bash {SCRIPT}", tmp_path, RESUMES="0", **task)
    failed = subprocess.run(["bash", SCRIPT], cwd=tmp_path, env={**os.environ, **task, "RESUMES": "2"})
    assert failed.returncode == 2 and shard.is_dir(), "what cannot go on now, as the machine is busy, stays"
    (shard / "run.json").write_text('{\n "state": "complete"\n}')
    shell(f"bash {SCRIPT}", tmp_path, **task)  # queued again after its end: nothing to do
    assert (tmp_path / "log").read_text().splitlines() == [new, again, again]
    (shard.parent / "machine").write_text("another\n")
    shell(f"bash {SCRIPT}", tmp_path, **task)
    assert (tmp_path / "log").read_text().splitlines()[3:] == [new]
    (aside,) = (tmp_path / "results").glob("other-machine-2-*/2*")
    assert (aside / "run.json").is_file() and shard.is_dir() and not (shard / "run.json").exists()
    head = SCRIPT.read_text()
    assert "#SBATCH --exclusive" in head and "#SBATCH --requeue" in head
    makefile = (ROOT / "Makefile").read_text()
    assert all(f"flag,{name}," in makefile or f"$({name})" in makefile for name in re.findall(r" ([A-Z]+)=", new))
