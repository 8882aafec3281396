"""Cases given one by one: what a run measures is what the file says, or one line says why not."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest
import torch

from benchmarks import record
from benchmarks.cli import main
from benchmarks.planning.case_file import read_cases
from benchmarks.planning.options import OptionError
from benchmarks.planning.plan import make_plan
from benchmarks.record import Case
from benchmarks.record.command import OF_A_CASE, names_of
from benchmarks.record.folder import read_journal, read_run, write_run
from tests.support.forked import run_with_forks

CASE = Case("pointwise", "exp", "step", 64, (64,), "float32", "contiguous", "none", False, "cpu", "retained", 1)
MINE = """
import torch
from benchmarks.catalogue import Pair
PAIRS = (Pair("mine", outofplace=torch.exp, inplace=lambda x: x.exp_(), shape=(4, 3)),)
"""


def written(folder: Path, *cases: Case) -> str:
    path = folder / "cases.json"
    path.write_text(json.dumps([asdict(case) for case in cases]))
    return str(path)


def plan(path: str, **options: str):
    return make_plan({"cases": path, "device": "cpu", **options})


@pytest.mark.parametrize("preset", ["smoke", "quick", "full"])
def test_every_case_of_a_preset_may_be_given(tmp_path, preset):
    cases = make_plan({"preset": preset, "device": "cpu", "threads": "1"}).cases
    given = list(reversed(cases))[::7]
    assert list(plan(written(tmp_path, *given)).cases) == given


def test_a_case_is_measured_once_and_its_pair_alone_takes_part(tmp_path):
    made = plan(written(tmp_path, CASE, CASE, replace(CASE, allocator="fresh")))
    assert [case.allocator for case in made.cases] == ["retained", "fresh"]
    assert set(made.pairs) == {"exp"}


def test_a_gpus_cases_that_differ_in_threads_alone_are_one_case_listed_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(psutil, "cpu_count", lambda logical=True: 2)
    gpu = replace(CASE, device="cuda:0", allocator="caching")
    assert list(plan(written(tmp_path, gpu), device="cuda").cases) == [gpu]
    with pytest.raises(OptionError, match=r"exp-64-float32-cuda:0 \(step\): is listed twice$"):
        plan(written(tmp_path, gpu, replace(gpu, threads=2)), device="cuda")


def test_a_users_own_pair_may_be_given_beside_the_catalogues(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    mine = replace(CASE, family="user", pair="mine", numel=12, shape=(4, 3))
    made = plan(written(tmp_path, mine, CASE), pairs=str(tmp_path / "mine.py"))
    assert list(made.cases) == [mine, CASE]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pair": "relu"}, "no pair of family 'pointwise' has this case"),
        ({"pair": "ceil"}, "has this case"),  # no gradient, so no step
        ({"family": "none"}, "no pair of family 'none'"),
        ({"numel": 65}, "has this case"),
        ({"numel": 0, "shape": (0,)}, "has no element"),
        ({"dtype": "int64"}, "has this case"),
        ({"layout": "sparse"}, "has this case"),
        ({"layout": "transposed"}, "has this case"),  # of one dimension
        ({"operand": "same"}, "has this case"),
        ({"other_requires_grad": True}, "has this case"),
        ({"device": "cuda:9"}, "measures on cpu only"),
        ({"allocator": "caching"}, "the allocator 'caching' is not one of cpu"),
        ({"threads": 4096}, "needs 4096 threads"),
        ({"threads": 0}, "needs 0 threads"),
    ],
)
def test_a_case_that_cannot_be_is_refused_by_name(tmp_path, changes, said):
    with pytest.raises(OptionError) as refused:
        plan(written(tmp_path, CASE, replace(CASE, **changes)))
    line = str(refused.value)
    assert line.startswith(f"--cases {tmp_path}") and said in line and "\n" not in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("\udcff", "not JSON"),
        ("{}", "must hold a list of cases"),
        ("[]", "not be empty"),
        ("[1]", "case 1: Case must be a JSON object"),
        ('[{"pair": "exp"}]', "case 1: field 'family' is missing"),
        (json.dumps([{**asdict(CASE), "colour": 1}]), "case 1: field 'colour' is unknown"),
        (json.dumps([asdict(CASE), {**asdict(CASE), "numel": -1}]), "case 2: field 'numel' holds '-1'"),
        (json.dumps([{**asdict(CASE), "phase": "rest"}]), "case 1: field 'phase'"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, text, said):
    path = tmp_path / "cases.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(OptionError) as refused:
        read_cases(path)
    assert str(refused.value).startswith(f"--cases {path}: ") and said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(OptionError, match="No such file"):
        read_cases(tmp_path / "none.json")


@pytest.mark.parametrize("name", names_of(OF_A_CASE))
def test_an_axis_is_not_given_twice(tmp_path, name):
    with pytest.raises(OptionError, match=f"--{name}: the cases of --cases have their own"):
        plan(written(tmp_path, CASE), **{name: "1"})


@pytest.mark.slow
def test_a_run_measures_exactly_these(tmp_path, capsys):
    cases = [replace(CASE, phase="inference"), replace(CASE, allocator="fresh"), CASE]
    path = written(tmp_path, *cases)
    options = ("--preset", "smoke", "--device", "cpu", "--seconds", "0.01", "--passes", "1", "--no-report")
    done = run_with_forks("run", *options, "--out", str(tmp_path / "runs"), "--cases", path, scratch=tmp_path)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "runs").iterdir()
    stored = {(out.case, out.kind, out.state) for out, _ in read_journal(folder)}
    assert stored == {(case, kind, "ok") for case in cases for kind in record.KINDS}
    write_run(folder, {**read_run(folder), "state": "partial"})
    written(tmp_path, CASE)
    assert main(["run", "--resume", str(folder)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"error: {path}: has changed since {folder} was started; start a new run"
