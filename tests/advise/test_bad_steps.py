"""Steps that fork, start threads, exit, never run, or do not fit: one line and status 2, or what can be said."""

import pytest

from benchmarks.advise.user.question import MAY
from benchmarks.advise_judge.advisor_answer import ask_advisor
from benchmarks.entry import DONE
from tests.advise.small_process import done_in_small_process

pytestmark = pytest.mark.slow

STEPS = """
import os, threading, time
import torch
from torch import nn

def in_step(call):
    x = torch.rand(4096)
    @torch.no_grad()
    def step():
        h = x.exp()
        call()
        return (h + 1).sin()
    return step

def threads():
    def call():
        thread = threading.Thread(target=lambda: torch.ones(4).sum())
        thread.start()
        thread.join()
    return in_step(call)

def forks():
    def call():
        if not os.fork():
            os._exit(0)
        os.wait()
    return in_step(call)

def threads_left():
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return in_step(int)

def unused_parameters():
    net, unused, act = nn.Linear(64, 64), nn.Linear(64, 64), nn.LeakyReLU()
    optimizer = torch.optim.SGD([*net.parameters(), *unused.parameters()], 0.1)
    def step():
        optimizer.zero_grad()
        loss = act(net(torch.ones(64, 64))).sum()
        loss.backward()
        optimizer.step()
        return loss.detach()
    return step

def too_large(): return lambda: torch.ones(1 << 45)
def exits(): return in_step(lambda: exit(3))
def killed(): return in_step(lambda: os.kill(os.getpid(), 9))
def needs_arguments(): return lambda x: x

class Coroutine:
    async def __call__(self): return 3

class Generator:
    def __call__(self): yield 3

def made_generator(): return lambda: (each for each in [3])
"""
IMPORTS = "import module_that_is_gone\ndef make(): pass\n"


def command(folder, step):
    """The exit status, what is printed, and the answer, of the command that users type."""
    answer = ask_advisor([step], folder, ["--steps", "1"])
    return answer.status, answer.printed, answer.facts


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "steps.py").write_text(STEPS)
    (tmp_path / "imports.py").write_text(IMPORTS)
    return tmp_path


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("imports.py:make", r"ModuleNotFoundError: No module named 'module_that_is_gone' (imports.py:1)"),
        ("steps.py:threads_left", "leaves threads running"),
        ("steps.py:too_large", "can't allocate memory"),
        ("steps.py:exits", "SystemExit: 3 (steps.py:"),
        ("steps.py:killed", "SIGKILL"),
        ("steps.py:needs_arguments", "missing 1 required positional argument"),
        ("steps.py:Coroutine", "executes nothing"),
        ("steps.py:Generator", "executes nothing"),
        ("steps.py:made_generator", "returned a generator"),
    ],
)
def test_what_cannot_be_advised_on_is_one_line(folder, step, said):
    status, printed, _ = done_in_small_process(command, folder, step)
    (line,) = [line for line in printed.splitlines() if line.startswith("error: ")]
    assert status == 2 and said in line


@pytest.mark.parametrize(
    ("step", "said"), [("steps.py:threads", "starts threads"), ("steps.py:forks", "the step forks")]
)
def test_what_runs_elsewhere_is_not_proved(folder, step, said):
    status, _, facts = done_in_small_process(command, folder, step)
    (decision,) = [each for each in facts["decisions"] if each["expression"] == "h + 1"]
    assert status == DONE and not facts["sets"]["do"]
    assert decision["verdict"] == MAY and said in decision["warning"]


def test_gradients_that_stay_none(folder):
    status, printed, facts = done_in_small_process(command, folder, "steps.py:unused_parameters")
    assert status == DONE and facts["decisions"], printed
