"""Steps built anew in each trial, as on a GPU: the same answer as from steps that are built once and inherited."""

import functools
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from benchmarks.advise import built_steps as built_steps_module
from benchmarks.advise.built_steps import built_steps
from benchmarks.advise.trials import step_trials
from benchmarks.advise.trials.peak_places import peak_places
from benchmarks.advise.trials.step_bytes import StepBytes
from benchmarks.advise.trials.step_trials import Trials
from benchmarks.advise.user.forked import TrialFailed, in_fork
from benchmarks.advise.user.question import DO, MAY, Question
from benchmarks.advise.user.user_code import BadStep
from benchmarks.advise.verdicts import watched_steps
from benchmarks.advise.verdicts.advice import advise_on
from tests.advise.asked import HEAD, LIMIT_S, answer_here, verdicts
from tests.advise.small_process import done_in_small_process

pytestmark = pytest.mark.slow

ON_GPU = "a call"  #: of the programs, the one that is built anew as for a GPU
#: By its name: the step's file, and what is asked of it besides.
PROGRAMS: dict[str, tuple[str, dict[str, Any]]] = {
    "a flag and a copied net": (
        """
import copy
def make():
    net = nn.Sequential(nn.Linear(8, 512), nn.ReLU(), nn.Linear(512, 8))
    nets, x = [net, copy.deepcopy(net)], torch.randn(64, 8)
    def step():
        with torch.no_grad():
            return [each(x) for each in nets]
    return step
""",
        {},
    ),
    "a call": (
        """
def make():
    gate, up, h = nn.Linear(8, 512), nn.Linear(8, 512), torch.randn(64, 8)
    def step():
        with torch.no_grad():
            x = F.silu(gate(h)) * up(h)
            return x.sum()
    return step
""",
        {},
    ),
    "in place already, and copied": (
        """
def make():
    first, second, x = nn.Linear(8, 64), nn.Linear(64, 64), torch.randn(16, 8)
    act = nn.SiLU(inplace=True)
    def step():
        h = act(first(x))
        return second(h.sigmoid_()).sum().backward()
    return step
""",
        {},
    ),
    "another update of an optimizer that has updated before": (
        """
def make():
    net, x = nn.Linear(128, 128), torch.randn(2, 128)
    optimizer = torch.optim.Adam(net.parameters())
    def step():
        optimizer.zero_grad()
        net(x).square().sum().backward()
        optimizer.step()
    step()
    return step
""",
        {"repeats": 2},
    ),
}
MODEL = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.act, self.last = nn.Linear(8, 256), nn.Hardswish(), nn.Linear(256, 8)
    def forward(self, x):
        return self.last(self.act(self.first(x) + 1))
"""
CHANCE = """
def make():
    import os
    x = torch.frombuffer(bytearray(os.urandom(4096)), dtype=torch.uint8).float()
    def step():
        return ((x + 1) * 2).sum()
    return step
"""
THREAD = """
import threading, time
def make():
    threading.Thread(target=time.sleep, args=(20,), daemon=True, name="lingers").start()
    return lambda: None
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """By the program's name, the answer or the refusal: built once, and built anew."""
    return done_in_small_process(_answers, tmp_path_factory.mktemp("programs"))


def _answers(folder: Path) -> dict[str, Any]:
    asked = [(name, text, "make", options) for name, (text, options) in PROGRAMS.items()]
    asked += [("chance", CHANCE, "make", {}), ("thread", THREAD, "make", {}), ("model", MODEL, "Net", {})]
    found = {}
    for number, (name, text, attribute, options) in enumerate(asked):
        path = folder / f"program{number}.py"
        path.write_text(HEAD + text, encoding="utf-8")
        asks = {"model": f"{path}:Net", "inputs": ("64x8",)} if attribute == "Net" else {"steps": (f"{path}:make",)}
        question = Question(**asks, only=str(folder), **{"repeats": 1, **options})
        ways = (False,) if name == ON_GPU else (False, True)
        found[name] = [_answer(folder, question, anew) for anew in ways]
    found["as on a GPU"] = [
        in_fork(functools.partial(_on_gpu, folder, Question((f"{folder}/program1.py:make",))), LIMIT_S)
    ]
    found[ON_GPU].append(found["as on a GPU"][0]["answer"] | {"device": "cpu", "seconds": 0.0})
    return found


def _answer(folder: Path, question: Question, anew: bool) -> dict[str, Any] | str:
    try:
        return in_fork(functools.partial(answer_here, folder, question, anew), LIMIT_S) | {"seconds": 0.0}
    except TrialFailed as error:
        return str(error)


def _on_gpu(folder: Path, question: Question) -> dict[str, Any]:
    """The whole way of a GPU's steps, where the GPU is the CPU: what is set in a trial, and the answer."""
    chosen: list[str] = []
    torch.cuda.set_device = chosen.append  # in this fork alone
    step_trials.step_counter = watched_steps.step_counter = lambda device: StepBytes("cpu")
    asked = replace(question, repeats=1, only=str(folder), device="cuda:1", places=True)
    built = built_steps(asked)

    def settings(steps: Any, repeats: int) -> list[Any]:
        cudnn, order = torch.backends.cudnn, torch.are_deterministic_algorithms_enabled()
        return [cudnn.deterministic, cudnn.benchmark, order, torch._C._is_multithreading_enabled(), chosen]

    trials = Trials(built.steps, 1, LIMIT_S, asked.device)
    answer = answer_here(folder, asked)
    return {"settings": trials.watch(settings), "here": chosen, "answer": answer, "places": peak_places(asked)}


@pytest.mark.parametrize("name", [*PROGRAMS, "model"])
def test_the_answer_is_the_same_to_the_byte(answers, name):
    once, anew = (json.dumps(each, sort_keys=True) for each in answers[name])
    assert once == anew


def test_each_kind_of_switch_was_tried(answers):
    flags, call, copied, updated = (answers[name][1]["decisions"] for name in PROGRAMS)
    assert [d["replacement"] for d in flags if d["verdict"] == DO] == ["ReLU(inplace=True)"] * 2  # made, and copied
    assert [d["replacement"] for d in call if d["verdict"] == DO] == ["F.silu(gate(h)).mul_(up(h))"]
    assert any("copies it first" in d["reason"] or d["verdict"] == DO for d in copied)
    (update,) = [d for d in updated if d["kind"] == "optimizer"]
    assert (update["verdict"], update["replacement"]) == (MAY, "torch.optim.Adam(net.parameters(), fused=True)")


def test_what_make_draws_by_chance_is_seen_only_where_it_is_built_anew(answers):
    once, anew = answers["chance"]
    assert once["differs"] is None and DO in verdicts(once).values()
    assert anew["differs"] is not None and DO not in verdicts(anew).values()


def test_threads_that_make_leaves_are_refused_alike(answers):
    once, anew = answers["thread"]
    assert once == anew and once.startswith("BadStep: make() leaves threads running (lingers)")


def test_a_gpus_steps_are_built_in_the_fork_with_one_order_of_sums_and_one_thread(answers):
    (found,) = answers["as on a GPU"]
    assert found["settings"] == [True, False, True, False, ["cuda:1"]] and found["here"] == []
    assert found["places"] == [{"why": "blocks of cuda:1 have no names"}]
    assert found["answer"]["device"] == "cuda:1"


@pytest.mark.parametrize("name", ["is_initialized", "_is_in_bad_fork"])
def test_a_fork_that_cannot_use_its_gpu_says_so(monkeypatch, name):
    monkeypatch.setattr(torch.cuda, name, lambda: True)
    with pytest.raises(BadStep, match=r"^CUDA was started before the steps were built"):
        built_steps(Question(("nowhere.py:make",), device="cuda:0"))


def test_what_cannot_be_loaded_is_one_line_from_the_fork_too():
    with pytest.raises(BadStep, match=r"nowhere.py: no such file$"):
        built_steps(Question(("nowhere.py:make",)), anew=True)


def test_a_step_that_can_be_built_no_more_is_no_switchs_fault(tmp_path):
    (tmp_path / "once.py").write_text(f"def make():\n    open({str(tmp_path / 'made')!r}, 'x')\n    return lambda: 3\n")
    question = Question((f"{tmp_path}/once.py:make",))
    built = built_steps(question, anew=True)
    with pytest.raises(BadStep, match=r"^built again, .*once.py:make: raises: FileExistsError"):
        Trials(built.steps, 1, LIMIT_S, "cpu").run()


def test_a_step_that_starts_a_gpu_is_not_the_cpus(tmp_path, monkeypatch):
    (tmp_path / "uses.py").write_text("def make(): return lambda: None\n")
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    question = Question((f"{tmp_path}/uses.py:make",))
    assert in_fork(lambda: built_steps(question).effects.files, 60) == []
    monkeypatch.setattr(built_steps_module, "living_objects", lambda kind: [SimpleNamespace(is_cuda=True)])
    with pytest.raises(TrialFailed, match=r"make\(\) uses a GPU: ask with --device cuda"):
        in_fork(lambda: built_steps(question), 60)


def test_streams_whose_order_nobody_watched_let_nothing_be_done(tmp_path):
    found = done_in_small_process(_on_streams, tmp_path)
    assert found == [DO, MAY]


def _on_streams(folder: Path) -> list[str]:
    """The verdict on the product with one stream, and with two."""
    path = folder / "streams.py"
    path.write_text(HEAD + PROGRAMS["a call"][0])
    built = built_steps(Question((f"{path}:make",)))
    trials = Trials(built.steps, 1, LIMIT_S, "cpu")
    found = []
    for streams in ({0}, {0, 7}):
        watched_steps.step_counter = lambda device, seen=streams: _Streams(device, seen)
        advice = advise_on(built.parts, trials, lambda file: file == str(path))
        found.append(next(o.verdict for o in advice.options if "mul_" in getattr(o.switch, "replacement", "")))
    return found


class _Streams(StepBytes):
    def __init__(self, device: str, streams: set[int]) -> None:
        super().__init__(device)
        self.streams = streams
