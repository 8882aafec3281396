"""The workflows for CI runners, their steps run here."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.commands import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOW = ROOT / ".github" / "workflows" / "bench-cpu.yml"
MAKEFILE = (ROOT / "Makefile").read_text()


def steps(path: Path) -> list[dict]:
    """Of all its jobs."""
    return [step for job in yaml.safe_load(path.read_text())["jobs"].values() for step in job["steps"]]


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


def stored_host(job: dict, workflow: dict) -> str:
    """The host that a job's runs are stored under, as its workflow says it; "" where it is the runner's own name."""
    environments = [workflow, job, *job["steps"]]
    named = [each["env"]["HOST_NAME"] for each in environments if "HOST_NAME" in each.get("env", {})]
    return (named or ["", job.get("container", {}).get("options", "").partition("--hostname ")[2]])[-1]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_runner_is_named_in_a_run_that_is_uploaded(path):
    """The name of a hosted runner is the provider's; and two of them are no one machine, whose times would compare."""
    workflow = yaml.safe_load(path.read_text())
    for name, job in workflow["jobs"].items():
        measures = any("make bench" in step.get("run", "") for step in job["steps"])
        uploads = any("upload-artifact" in step.get("uses", "") for step in job["steps"])
        if measures and uploads:
            host = stored_host(job, workflow)
            assert "github.run_id" in host or host == "${{ matrix.gpu }}", name


def test_a_gpu_is_checked_before_it_is_measured():
    names = [step.get("name") for step in steps(ROOT / ".github/workflows/bench-gpu.yml")]
    assert names.index("Check") < names.index("Measure")


def test_a_gpu_is_measured_once_an_image_beside_nothing_that_was_left():
    workflow = yaml.safe_load((ROOT / ".github/workflows/bench-gpu.yml").read_text())
    (job,) = workflow["jobs"].values()
    matrix = job["strategy"]["matrix"]
    assert set(matrix) == {"image", "gpu"} and all("fromJSON(vars.GPU_" in values for values in matrix.values())
    assert job["container"]["image"] == "${{ matrix.image }}" and "${{ matrix.gpu }}" in job["runs-on"]
    assert workflow["env"]["PIP_BREAK_SYSTEM_PACKAGES"] == "1", "newer images are managed by their system"
    (measure,) = [step["run"] for step in job["steps"] if step.get("name") == "Measure"]
    assert measure.splitlines()[0].startswith("rm -rf results/ci"), "without git a checkout cleans nothing"


@pytest.mark.parametrize("name", ["bench-cpu", "bench-gpu"])
def test_a_baseline_that_is_named_by_default_is_stored(name):
    value = yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text())["env"]["BASE"]
    for path in re.findall(r"'(.+)'", value):
        assert (ROOT / path / "run.json").is_file(), path


def test_a_fleet_on_ray_is_tried_each_week_and_on_demand():
    """Without Ray its tests would be left out: the step that imports it fails first."""
    path = ROOT / ".github/workflows/fleet.yml"
    workflow = yaml.safe_load(path.read_text())
    assert workflow[True].keys() == {"schedule", "workflow_dispatch"}, "on:"
    *_, install, test = [step["run"] for step in steps(path) if "run" in step]
    assert "pip install" in install and "'.[fleet]'" in install and "import ray" in install
    dry = subprocess.run(
        [*test.split(), "-n", "--no-print-directory", "VENV="], cwd=ROOT, capture_output=True, text=True
    )
    assert dry.stdout.rstrip().endswith(" tests/fleet"), dry.stderr
    assert workflow["jobs"]["fleet"]["env"] == {"RAY_worker_niceness": "0"}


@pytest.mark.parametrize("name", ["bench-cpu", "bench-gpu", "bench-shards", "fleet"])
def test_steps_run_in_the_shell_that_their_pipes_need(name):
    for job in yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text())["jobs"].values():
        assert job["defaults"]["run"]["shell"] == "bash"  # with pipefail; without a name it is plain `bash -e`


class Runner:
    """A checkout in which a workflow's steps run as a runner runs them, on one case of two passes."""

    def __init__(self, workflow: str, folder: Path, base: str) -> None:
        self.steps = {each.get("name"): each.get("run") for each in steps(ROOT / f".github/workflows/{workflow}.yml")}
        self.house = folder / "house"
        for name in ("benchmarks", "analysis"):
            shutil.copytree(ROOT / name, self.house / name)  # with what is compiled: that takes a second
        place = self.house / "benchmarks/running/place.py"
        place.write_text(place.read_text().replace('"/tmp"', repr(str(folder))))  # locks of its own
        for name in ("Makefile", "pyproject.toml"):
            shutil.copy(ROOT / name, self.house)
        self.summary = folder / "summary.md"
        tiny = {"VENV": "", "PYTHON": sys.executable, "PRESET": "smoke", "PAIR": "ceil", "NUMEL": "1Ki", "THREADS": "2"}
        told = {"TMPDIR": str(folder), "BASE": base, "GITHUB_STEP_SUMMARY": str(self.summary)}
        of_a_shell = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        self.env = {**of_a_shell, **tiny, **told}

    def __call__(self, name: str, **environment: str) -> subprocess.CompletedProcess:
        command = self.steps[name].replace("DEVICE=cuda", "DEVICE=cpu")
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command]
        env = {**self.env, **environment}
        return subprocess.run(shell, cwd=self.house, env=env, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """One that has measured, and an earlier run of the same case on the same machine to compare with."""
    folder = tmp_path_factory.mktemp("cpu")
    step = Runner("bench-cpu", folder, base=str(folder / "house/results/base"))
    assert step("Measure").returncode == 0
    (run,) = (step.house / "results/ci").iterdir()
    base = Path(shutil.copytree(run, step.env["BASE"]))
    facts = json.loads((base / "run.json").read_text())
    (base / "run.json").write_text(json.dumps({**facts, "start": "2026-01-01T00:00:00Z"}))
    return step


@pytest.mark.slow
def test_after_a_failure_of_what_comes_first_the_summary_says_so(tmp_path):
    step = Runner("bench-cpu", tmp_path, base="")
    assert step("Summary").returncode == 0
    assert step.summary.read_text().splitlines() == ["Not compared:", "", "nothing was measured"]


@pytest.mark.slow
def test_the_steps_measure_compare_and_tell(measured):
    step = measured
    same = step("Compare")
    assert same.returncode == 0, same.stdout + same.stderr
    journal = Path(step.env["BASE"]) / "measurements.jsonl"
    text = journal.read_text()
    smaller = re.sub(r'("peak_bytes": ?)(\d+)', lambda found: f"{found[1]}{int(found[2]) - 4}", text)
    assert smaller != text
    journal.write_text(smaller)
    assert step("Compare").returncode != 0
    assert step("Summary").returncode == 0
    told = step.summary.read_text()
    assert "Not compared" not in told
    assert "worse" in told and "ceil" in told
    assert len(told.encode()) < 2**20  # the most that a runner shows of a step


@pytest.mark.slow
def test_a_runner_with_a_gpu_measures_the_same_anew(measured, tmp_path):
    """Made, but for what it would start: in an image without git, the results of an earlier run lie there."""
    step = Runner("bench-gpu", tmp_path, base="")
    for name in ("ci", "reports"):
        (step.house / "results" / name / "an-earlier-ci").mkdir(parents=True)
    dry = step("Measure", MAKEFLAGS="n")
    assert (dry.returncode, dry.stderr) == (0, "") and "-m benchmarks run" in dry.stdout
    assert dry.stdout == measured("Measure", MAKEFLAGS="n").stdout
    assert not any((step.house / "results").iterdir())


@pytest.mark.slow
def test_a_runner_with_a_gpu_tells_without_a_baseline_and_what_was_refused(measured, tmp_path):
    step = Runner("bench-gpu", tmp_path, base="")
    for name in ("ci", "reports"):
        shutil.copytree(measured.house / "results" / name, step.house / "results" / name)
    assert step("Summary").returncode == 0
    told = step.summary.read_text()
    assert told.startswith("Compared with nothing: no GPU_BASELINE is set.") and "ceil" in told
    step.summary.unlink()
    (step.house / "gate.md").unlink()
    step.env["BASE"] = str(tmp_path / "missing")
    assert step("Compare").returncode != 0
    assert step("Summary").returncode == 0
    told = step.summary.read_text()
    assert told.startswith("Not compared:") and "missing: not a run" in told
