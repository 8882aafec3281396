"""The workflows for CI runners, their steps run here."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.commands import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOW = ROOT / ".github" / "workflows" / "bench-cpu.yml"
MAKEFILE = (ROOT / "Makefile").read_text()


def steps(path: Path) -> list[dict]:
    (job,) = yaml.safe_load(path.read_text())["jobs"].values()
    return job["steps"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_what_a_workflow_calls_is_there(path):
    commands = [line for step in steps(path) for line in step.get("run", "").splitlines()]
    assert commands
    for target, rest in (
        re.match(r"make ([\w-]+)(.*)", line).groups() for line in commands if line.startswith("make ")
    ):
        assert re.search(rf"^{target}: .*## ", MAKEFILE, re.MULTILINE), target
        for name in re.findall(r" ([A-Z]+)=", rest):
            assert f"$({name})" in MAKEFILE or f"call flag,{name}," in MAKEFILE, name


def test_a_gpu_is_checked_before_it_is_measured():
    names = [step.get("name") for step in steps(ROOT / ".github/workflows/bench-gpu.yml")]
    assert names.index("Check") < names.index("Measure")


@pytest.mark.parametrize("name", ["bench-cpu", "bench-gpu"])
def test_a_baseline_that_is_named_by_default_is_stored(name):
    value = yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text())["env"]["BASE"]
    for path in re.findall(r"'(.+)'", value):
        assert (ROOT / path / "run.json").is_file(), path


@pytest.mark.parametrize("name", ["bench-cpu", "bench-gpu"])
def test_steps_run_in_the_shell_that_their_pipes_need(name):
    (job,) = yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text())["jobs"].values()
    assert job["defaults"]["run"]["shell"] == "bash"  # with pipefail; without a name it is plain `bash -e`


class Runner:
    """A checkout in which a workflow's steps run as a runner runs them, on one case of two passes."""

    def __init__(self, workflow: str, folder: Path, base: str) -> None:
        self.steps = {each.get("name"): each.get("run") for each in steps(ROOT / f".github/workflows/{workflow}.yml")}
        self.house = folder / "house"
        for name in ("benchmarks", "analysis"):
            shutil.copytree(ROOT / name, self.house / name, ignore=shutil.ignore_patterns("__pycache__"))
        place = self.house / "benchmarks/running/place.py"
        place.write_text(place.read_text().replace('"/tmp"', repr(str(folder))))  # locks of its own
        for name in ("Makefile", "pyproject.toml"):
            shutil.copy(ROOT / name, self.house)
        self.summary = folder / "summary.md"
        tiny = {"VENV": "", "PYTHON": sys.executable, "PRESET": "smoke", "PAIR": "ceil", "NUMEL": "1Ki", "THREADS": "2"}
        told = {"TMPDIR": str(folder), "BASE": base, "GITHUB_STEP_SUMMARY": str(self.summary)}
        self.env = {**os.environ, **tiny, **told}

    def __call__(self, name: str) -> subprocess.CompletedProcess:
        command = self.steps[name].replace("DEVICE=cuda", "DEVICE=cpu")
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command]
        return subprocess.run(shell, cwd=self.house, env=self.env, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def gpu_runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """One that has measured, without a baseline."""
    step = Runner("bench-gpu", tmp_path_factory.mktemp("gpu"), base="")
    assert step("Measure").returncode == 0
    return step


@pytest.mark.slow
def test_the_steps_measure_compare_and_tell(gpu_runner, tmp_path):
    base = tmp_path / "house/results/base"
    step = Runner("bench-cpu", tmp_path, base=str(base))
    house, summary = step.house, step.summary
    assert step("Summary").returncode == 0  # as after a failure of what comes first
    assert summary.read_text().splitlines() == ["Not compared:", "", "nothing was measured"]
    (house / "gate.md").unlink()
    summary.unlink()
    assert step("Measure").returncode == 0
    (earlier,) = (gpu_runner.house / "results" / "ci").iterdir()  # of the same case on the same machine
    shutil.copytree(earlier, base)
    same = step("Compare")
    assert same.returncode == 0, same.stdout + same.stderr
    journal = base / "measurements.jsonl"
    text = journal.read_text()
    smaller = re.sub(r'("peak_bytes": ?)(\d+)', lambda found: f"{found[1]}{int(found[2]) - 4}", text)
    assert smaller != text
    journal.write_text(smaller)
    assert step("Compare").returncode != 0
    assert step("Summary").returncode == 0
    told = summary.read_text()
    assert "Not compared" not in told
    assert "worse" in told and "ceil" in told
    assert len(told.encode()) < 2**20  # the most that a runner shows of a step


@pytest.mark.slow
def test_a_runner_with_a_gpu_measures_without_a_baseline_and_tells_what_was_refused(gpu_runner, tmp_path):
    step = gpu_runner
    assert step("Summary").returncode == 0
    assert step.summary.read_text().startswith("Compared with nothing: no GPU_BASELINE is set.")
    step.summary.unlink()
    (step.house / "gate.md").unlink()
    step.env["BASE"] = str(tmp_path / "missing")
    assert step("Compare").returncode != 0
    assert step("Summary").returncode == 0
    told = step.summary.read_text()
    assert told.startswith("Not compared:") and "missing: not a run" in told
