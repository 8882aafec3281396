"""`python -m benchmarks`: every bad input is one line on standard error and status 2, and leaves nothing behind."""

import json
import os
from pathlib import Path

import pytest
import torch

from benchmarks.cli import main
from benchmarks.entry import IN_USE
from benchmarks.running import lock
from tests.support import pair_files
from tests.support.commands import SMALL
from tests.support.forked import pytest_with_fork, run_with_forks

RUN = ("run", *SMALL)
#: Hypothesis takes a second to import, at the end of each process, and has no part in what is tested here.
HAND = ("-p", "no:hypothesispytest", "--preset", "smoke", "--device", "cpu")
FILES = {
    "broken.py": "import no_such_module",
    "empty.py": "x = 1",
    "plain.txt": "",
    "honest.py": pair_files.honest(1),
}

BAD = {  # what is given, and how the line begins
    "preset": (["--preset", "fast"], "--preset fast: unknown, choose from smoke, quick"),
    "device": (["--device", "tpu"], "--device tpu: unknown, choose from cpu"),
    "dtype": (["--dtype", "int7"], "--dtype int7: unknown, choose from float32"),
    "numel": (["--numel", "1e6"], "--numel 1e6: not a count"),
    "shape": (["--shape", "4x"], "--shape 4x: not a shape"),
    "threads": (["--threads", "0"], "--threads 0: not a count"),
    "label": (["--label", "a/b"], "--label a/b: use letters"),
    "label of two lines": (["--label", "a\nb"], r"--label a\nb: use letters"),
    "pair": (["--pair", "exp,rleu"], "unknown pair 'rleu'; did you mean relu"),
    "no such file": (["--pairs", "FOLDER/none.py"], "FOLDER/none.py: no such file"),
    "not python": (["--pairs", "FOLDER/plain.txt"], "FOLDER/plain.txt: not a Python file"),
    "import": (["--pairs", "FOLDER/broken.py"], "FOLDER/broken.py: cannot be imported: ModuleNotFoundError"),
    "no PAIRS": (["--pairs", "FOLDER/empty.py"], "FOLDER/empty.py: has no PAIRS"),
    "out": (["--pair", "exp", "--out", "FOLDER/plain.txt/runs"], "FOLDER/plain.txt/runs"),
}
LATER = {  # what only a pass can find
    "selects nothing": (["-k", "nosuchpair"], "-k 'nosuchpair': selects nothing of"),
    "wrong -k": (["-k", "exp and"], "Wrong expression passed to '-k': exp and"),
}
if not torch.cuda.is_available():
    BAD["cuda"] = (["--device", "cuda"], "--device cuda: not present (torch sees no CUDA GPU)")

#: Some of each kind: pytest resolves options by the same code.
BY_PYTEST = ("preset", "pair", "import", "out", "selects nothing")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def given(name: str, folder: Path, **flags: str) -> list[str]:
    return [flags.get(part.strip("-"), part.replace("FOLDER", str(folder))) for part in (BAD | LATER)[name][0]]


def expected(name: str, folder: Path) -> str:
    return (BAD | LATER)[name][1].replace("FOLDER", str(folder))


def left_in(out: Path) -> list[Path]:
    return list(out.iterdir()) if out.exists() else []


@pytest.mark.parametrize("name", BAD)
def test_a_bad_input_is_one_line_and_status_2(name, folder, tmp_path, capsys):
    assert main([*RUN, "--out", str(tmp_path / "out"), *given(name, folder)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and left_in(tmp_path / "out") == []
    assert err.startswith("error: " + expected(name, folder)) and err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", LATER)
def test_so_is_one_that_a_pass_finds(name, folder, tmp_path):
    done = run_with_forks(*RUN, "--out", str(tmp_path / "out"), *given(name, folder, k="--select"), scratch=tmp_path)
    assert (done.returncode, done.stdout, left_in(tmp_path / "out")) == (2, "", [])
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: " + expected(name, folder))


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_PYTEST)
def test_the_same_through_pytest(name, folder, tmp_path):
    done = pytest_with_fork(*HAND, "--out", str(tmp_path / "out"), *given(name, folder), scratch=tmp_path)
    assert (done.returncode, left_in(tmp_path / "out")) == (2, [])
    said = done.stdout.splitlines()
    assert sum(expected(name, folder) in line for line in said) == 1
    assert not any("Traceback" in line or "INTERNALERROR" in line for line in said)


@pytest.mark.slow
@pytest.mark.parametrize("command", [run_with_forks, pytest_with_fork])
def test_the_second_run_is_told_of_the_first(command, tmp_path):
    arguments = RUN if command is run_with_forks else HAND
    with lock.hold(["cpu"], "the first", tmp_path):
        done = command(*arguments, "--pair", "exp", "--out", str(tmp_path / "out"), scratch=tmp_path)
    assert done.returncode == (IN_USE if command is run_with_forks else 2)
    assert f"cpu is in use by another run: process {os.getpid()}, the first" in done.stderr + done.stdout
    if command is run_with_forks:
        assert (done.stdout, done.stderr.count("\n")) == ("", 1) and done.stderr.startswith("error: ")
    assert not (tmp_path / "out").exists()


def test_the_catalogue_is_listed(folder, capsys):
    assert main(["list"]) == 0
    assert "x.exp()  |  x.exp_()" in capsys.readouterr().out
    assert main(["list", "--pairs", str(folder / "honest.py")]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 pairs in 1 families"
    assert main(["list", "--json", "--pairs", str(folder / "honest.py")]) == 0
    (pair,) = json.loads(capsys.readouterr().out)["families"]["user"]
    assert pair["name"] == "honest0" and {"outofplace", "inplace", "axes"} < pair.keys()
    assert main(["list", "--pairs", str(folder / "empty.py")]) == 2
    assert capsys.readouterr().err == f"error: {folder / 'empty.py'}: has no PAIRS (a tuple of Pair or Scenario)\n"
