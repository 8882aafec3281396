"""The short self-test as a command: of each device that is asked for, and what its status says."""

import json

import pytest
import torch

from benchmarks.cli import main
from benchmarks.running import lock
from benchmarks.selftest import instrument_checks
from benchmarks.selftest import short_selftest as short
from benchmarks.selftest.checks import Check
from tests.measure.clocked import install
from tests.measure.simulated_gpu import SimulatedGpu


@pytest.fixture
def asked(monkeypatch):
    """Stands in for the checks: (device, out) of each, and whether that device's hold."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    calls, failing = [], set()

    def run(device, out, say):
        calls.append((device, str(out)))
        return device not in failing

    monkeypatch.setattr(short, "run_short_selftest", run)
    return calls, failing


def test_each_device_is_asked(asked):
    calls, _ = asked
    assert main(["selftest", "--short", "--device", "cuda:1,cpu", "--out", "there"]) == 0
    assert main(["selftest", "--short", "--out", "there"]) == 0
    assert [device for device, _ in calls] == ["cuda:1", "cpu", "cpu", "cuda:0", "cuda:1"]
    assert {out for _, out in calls} == {"there"}


def test_one_that_fails_is_status_1_and_the_others_are_asked_all_the_same(asked):
    calls, failing = asked
    failing.add("cpu")
    assert main(["selftest", "--short", "--device", "cpu,cuda"]) == 1
    assert len(calls) == 2


@pytest.mark.parametrize(
    "options, line",
    [
        (["--short", "--device", "cuda:7"], "--device cuda:7: not present (torch sees 2)"),
        (["--short", "--gate"], "--short: has no trials, pairs or gate; leave them out"),
        (["--short", "--trials", "3"], "--short: has no trials"),
        (["--short", "--pair", "exp"], "--short: has no trials"),
        (["--device", "cuda"], "--device: the long self-test runs on the CPU"),
    ],
)
def test_what_cannot_be_asked_is_one_line(asked, capsys, options, line):
    assert main(["selftest", *options]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {line}") and said.count("\n") == 1 and not asked[0]


def test_a_setting_under_which_nothing_can_be_measured_is_refused(asked, monkeypatch, capsys):
    monkeypatch.setenv("CUDA_LAUNCH_BLOCKING", "1")
    assert main(["selftest", "--short", "--device", "cuda"]) == 2
    assert capsys.readouterr().err.startswith("error: --device cuda:0: CUDA_LAUNCH_BLOCKING=1") and not asked[0]


def test_a_device_in_use_is_one_line(asked, monkeypatch, capsys):
    def busy(*_):
        raise lock.Busy("cpu is in use")

    monkeypatch.setattr(short, "run_short_selftest", busy)
    assert main(["selftest", "--short", "--device", "cpu"]) == 2
    assert capsys.readouterr().err == "error: cpu is in use\n"


@pytest.mark.slow
def test_the_cpus_answers_are_printed_and_stored(tmp_path, monkeypatch, capsys):
    for name, value in (("TRIAL_S", 0.004), ("SIZES", (2**10,)), ("TRIALS", 3)):
        monkeypatch.setattr(instrument_checks, name, value)
    status = main(["selftest", "--short", "--device", "cpu", "--out", str(tmp_path / "out")])
    stored = json.loads((tmp_path / "out" / "short-cpu.json").read_text())["answers"]
    assert set(stored) == {"same", "planted", "bytes"}
    assert (status == 0) == all(row["answer"] == "holds" for row in stored.values())
    assert capsys.readouterr().out.startswith(f"cpu: CPU, torch {torch.__version__}\n")


@pytest.fixture
def card(monkeypatch, tmp_path):
    """A simulated card, and checks that note when they are asked."""
    order = []

    def check(name):
        return Check(name, name, lambda: (order.append(name) is None, "seen"))

    gpu = install(monkeypatch, SimulatedGpu(cards=2))
    monkeypatch.setattr(short, "gpu_checks", lambda gpu: (check("first"), check("profiler")))
    monkeypatch.setattr(short, "instrument_checks", lambda device, make_clock: (check("same"),))
    return gpu, order


def test_a_cards_profiler_is_asked_last_and_all_is_stored_as_that_cards(card, tmp_path, capsys):
    """What a profiler leaves attached may slow later launches. Another card under the same number is asked anew."""
    gpu, order = card
    command = ["selftest", "--short", "--device", "cuda:1", "--out", str(tmp_path / "out")]
    assert main(command) == 0
    assert order == ["first", "same", "profiler"]
    assert capsys.readouterr().out.startswith(f"cuda:1: Simulated 1, torch {torch.__version__}\n")
    stored = json.loads((tmp_path / "out" / "short-cuda1.json").read_text())
    assert stored["facts"]["card"] == "GPU-0000-1"
    assert main(command) == 0 and len(order) == 3, "what is known is not asked again"
    gpu.uuid = "another"
    assert main(command) == 0 and len(order) == 6


def test_a_card_without_a_name_of_its_own_has_an_empty_one(card, tmp_path):
    gpu, _ = card
    gpu.uuid = None
    assert main(["selftest", "--short", "--device", "cuda:0", "--out", str(tmp_path / "out")]) == 0
    assert json.loads((tmp_path / "out" / "short-cuda0.json").read_text())["facts"]["card"] == ""
