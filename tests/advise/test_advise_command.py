"""The command as a user types it: in a folder of their own, with packages that are named as ours, and bad input."""

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import time

import psutil
import pytest

from benchmarks.advise.advise_command import add_options, question_words
from tests.support.commands import ROOT

pytestmark = pytest.mark.slow

NET = """
import torch
from torch import nn
from benchmarks.mine import WIDTH
import analysis

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.act, self.b = nn.Linear(WIDTH, 256), nn.LeakyReLU(), nn.Linear(256, WIDTH)
    def forward(self, x):
        print("forward")
        return self.b(self.act(self.a(x)))

def make():
    net, x = Net(), torch.randn(128, WIDTH)
    assert open("data.txt").read() == "read"
    optimizer = torch.optim.Adam(net.parameters())
    def step():
        optimizer.zero_grad()
        loss = net(x).sum()
        loss.backward()
        optimizer.step()
        torch.save(net.state_dict(), "net.pt")
        return loss
    return step
"""


def advise(folder, *words, **options):
    """The command in a user's folder, by the path of the suite: `python -m` would find the folder's own."""
    command = [sys.executable, str(ROOT / "benchmarks/advise/by_path.py"), *words]
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )


@pytest.mark.parametrize(
    "line",
    [
        "train.py:make eval.py:make",
        "--input 4x3x8x8 --input 2 --model=net.py:Net --steps=3 --only=src --device=cuda:1",
        "train.py:make --scratch --limit=1234567.5 --no-time --no-places --time-limit=2.5 --host=-here",
    ],
)
def test_the_stored_command_asks_the_same(line):
    parser = argparse.ArgumentParser()
    add_options(parser)
    asked = parser.parse_args(shlex.split(line))
    words = question_words(asked)
    assert sorted(words) == sorted(shlex.split(line)) and parser.parse_args(words) == asked


@pytest.fixture
def project(tmp_path):
    for name in ("benchmarks", "analysis"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / "benchmarks" / "mine.py").write_text("WIDTH = 64\n")
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "data.txt").write_text("read")
    return tmp_path


def test_a_patch_that_saves_what_it_says(project):
    done = advise(project, "net.py:make", "--json", "answer.json", "--no-time", "--scratch")
    printed, errors = done.communicate(timeout=300)
    assert done.returncode == 0, errors
    answer = json.loads((project / "answer.json").read_text())
    (decision,) = [answer["decisions"][number] for number in answer["sets"]["do"]]
    assert decision["expression"] == "nn.LeakyReLU()"
    assert decision["peak_bytes_saved"] == answer["before"]["peak_bytes"] - answer["after"]["peak_bytes"] > 0
    assert answer["proved"] is True
    assert "do " in printed and "Proved" in printed and "forward\n" not in printed
    assert "scratch folder, which is deleted: net.pt." in printed and not (project / "net.pt").exists()
    subprocess.run(["git", "apply", "advise.patch"], cwd=project, check=True, env={**os.environ, "GIT_DIR": "none"})
    assert "nn.LeakyReLU(inplace=True)" in (project / "net.py").read_text()


BAD = """
import threading, time
import torch
def raises(): return lambda: [][1]
def hangs(): return lambda: time.sleep(600)
"""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bad.py:raises"], "IndexError"),
        (["bad.py:hangs", "--limit", "2"], "no end after 2 s"),
    ],
)
def test_bad_input_is_one_line_and_status_2(tmp_path, words, said):
    (tmp_path / "bad.py").write_text(BAD)
    done = advise(tmp_path, *words)
    _, errors = done.communicate(timeout=120)
    assert done.returncode == 2
    assert said in errors and errors.count("\n") == 1 and errors.startswith("error: ")


#: A step that hangs at an execution whose number is given.
HANGS = """
import time
import torch
from torch import nn

def make():
    net, x = nn.Sequential(nn.Linear(64, 64), nn.LeakyReLU(), nn.Linear(64, 64)), torch.rand(256, 64)
    def step():
        with open("executed", "a") as log:
            log.write(".")
            executed = log.tell()
        if executed >= {number}:
            time.sleep(600)
        net(x).sum().backward()
    return step
"""


@pytest.mark.parametrize("number", [1, 3, 6])
def test_an_interrupt_leaves_no_process(tmp_path, number):
    """While it is watched for the first time, and in trials, which run in forks."""
    (tmp_path / "hanging.py").write_text(HANGS.format(number=number))
    executed = tmp_path / "executed"
    running = advise(
        tmp_path, "hanging.py:make", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler)
    )
    ends = time.monotonic() + 120
    while not (executed.exists() and executed.stat().st_size == number) and time.monotonic() < ends:
        time.sleep(0.1)
    assert executed.stat().st_size == number
    started = psutil.Process(running.pid).children(recursive=True)
    assert started
    os.kill(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130 and "interrupted" in errors
    assert not [each for each in started if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
