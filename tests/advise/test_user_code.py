"""Steps that cannot be had: one line each that says why. And what the command refuses before it starts anything."""

import argparse

import pytest

from benchmarks.advise.advise_command import add_options, run_advise
from benchmarks.advise.user.forked import TrialFailed, in_fork
from benchmarks.advise.user.question import Question
from benchmarks.advise.user.user_code import load_steps

BAD = """
import threading, time
number = 3
def make(x): pass
def none(): return 3
def raises(): raise KeyError("gone")
def generator():
    def step(): yield 3
    return step
"""


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("bad.py:missing", "has no missing"),
        ("bad.py:number", "is no callable"),
        ("nowhere.py:make", "no such file"),
        ("bad.py", "must look like"),
        ("bad.py:make", "missing 1 required positional argument"),
        ("bad.py:none", "returns no step"),
        ("bad.py:raises", r"gone.*bad.py:6"),
        ("bad.py:generator", "executes nothing"),
        ("broken.py:make", "SyntaxError"),
    ],
)
def test_a_step_that_cannot_be_had(tmp_path, monkeypatch, step, said):
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "broken.py").write_text("def make(:\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrialFailed, match=said) as failed:
        in_fork(lambda: load_steps(Question(steps=(step,))), 60)
    assert "BadStep" in str(failed.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name steps"),
        (["a.py:make", "--model", "net.py:Net"], "name steps"),
        (["--model", "net.py:Net"], "--input"),
        (["a.py:make", "--input", "4x3"], "--model"),
        (["a.py:make", "--steps", "0"], "must be at least 1"),
        (["a.py:make", "--limit", "0"], "above 0"),
        (["a.py:make", "--device", "tpu"], "--device tpu: unknown"),
        (["a.py:make", "--device", "all"], "--device all: name one of cpu, cuda, cuda:1"),
        (["a.py:make", "--device", "cpu,cpu:1"], "--device cpu:1: unknown"),
        (["a.py:make", "--device", ""], "--device: name at least one"),
    ],
)
def test_options_that_cannot_be(words, said, capsys):
    parser = argparse.ArgumentParser()
    add_options(parser)
    assert run_advise(parser.parse_args(words)) == 2
    assert said in capsys.readouterr().err


def test_a_model_becomes_a_training_step_and_an_inference(tmp_path, monkeypatch):
    (tmp_path / "net.py").write_text(
        "import torch\nclass Net(torch.nn.Linear):\n    def __init__(self): super().__init__(3, 2)\n"
    )
    monkeypatch.chdir(tmp_path)
    question = Question(model="net.py:Net", inputs=("5x3",))

    def shapes() -> list[list[int]]:
        training, inference = load_steps(question)
        return [list(training()[0].shape), list(inference().shape)]

    assert in_fork(shapes, 60) == [[5, 2], [5, 2]]
    assert question.names == ("net.py:Net training", "net.py:Net inference")
