"""The same shards on CI runners and under Slurm: their steps run here, with shards that were stored before."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from benchmarks.record.folder import read_journal, read_run
from tests.support.commands import ROOT
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


def test_a_runner_measures_its_shard():
    said = shell(step("measure", "Measure"), ROOT, SHARD="2/3", MAKEFLAGS="n", PRESET="smoke")
    assert "--shard '2/3'" in said and "--preset 'smoke'" in said and "--out 'results/shards'" in said


@pytest.mark.slow
def test_a_runner_merges_and_compares(tmp_path, stored_shards):
    for name in ("benchmarks", "analysis", "Makefile", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    for number in range(1, COUNT + 1):
        shutil.copytree(stored_shards / f"shard{number}", tmp_path / f"results/shards/run{number}")
    base = shutil.copytree(stored_shards / "whole", tmp_path / "results/base")
    facts = read_run(base)
    (base / "run.json").write_text(json.dumps({**facts, "start": "2026-01-01T00:00:00Z"}))
    where = {"PYTHONPATH": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "BASE": "results/base"}
    for name in ("Merge", "Compare", "Summary"):
        shell(step("merge", name), tmp_path, **where)
    assert "analysis report  'results/ci/merged'" in shell(step("merge", "Report"), tmp_path, MAKEFLAGS="n")
    merged = tmp_path / "results/ci/merged"
    assert sorted(out.line() for out, _ in read_journal(merged)) == sorted(out.line() for out, _ in read_journal(base))
    told = (tmp_path / "summary.md").read_text()
    assert "No regression in " in told and (tmp_path / "gate.md").is_file()


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
