"""Before a run starts: settings under which nothing can be measured, and others on its GPU."""

import pytest
import torch

from benchmarks.cli import main
from benchmarks.entry import IN_USE
from benchmarks.planning.options import OptionError
from benchmarks.running import start
from benchmarks.running.gpus import check_environment, check_others
from benchmarks.running.lock import Busy


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("CUDA_LAUNCH_BLOCKING", "PYTORCH_NO_CUDA_MEMORY_CACHING"):
        monkeypatch.delenv(name, raising=False)


def machine(*others):
    return {
        "gpus": [{"name": "Simulated"} | ({} if other == "untold" else {"other_processes": other}) for other in others]
    }


@pytest.mark.parametrize("name", ["CUDA_LAUNCH_BLOCKING", "PYTORCH_NO_CUDA_MEMORY_CACHING"])
def test_a_setting_under_which_nothing_can_be_measured_is_refused_on_a_gpu(monkeypatch, name):
    check_environment(["cpu", "cuda:1"])
    monkeypatch.setenv(name, "1")
    check_environment(["cpu"])
    with pytest.raises(OptionError, match=f"^--device cuda:1: {name}=1: .*; unset it$"):
        check_environment(["cpu", "cuda:1"])


def test_such_a_run_ends_in_one_line_and_status_2(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setenv("CUDA_LAUNCH_BLOCKING", "1")
    assert main(["run", "--device", "cuda", "--pair", "exp", "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith("error: --device cuda:0: CUDA_LAUNCH_BLOCKING=1: ")
    assert not (tmp_path / "out").exists()


def test_others_on_a_chosen_gpu_are_told(capsys):
    check_others(machine(5, 1, 2), ["cpu", "cuda:1", "cuda:2"], exclusive=False)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "cuda:1: 1 other process computes on it: times will be disturbed (--exclusive refuses such a run)"
    assert second.startswith("cuda:2: 2 other processes compute on it")


def test_or_refused(capsys):
    with pytest.raises(Busy, match=r"^cuda:0: 2 other processes compute on it, and --exclusive was given$"):
        check_others(machine(2), ["cpu", "cuda:0"], exclusive=True)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("others", [0, None, "untold"])
def test_nobody_and_what_is_not_known_are_no_others(capsys, others):
    check_others(machine(others), ["cuda:0"], exclusive=False)
    check_others(machine(0), ["cuda:0"], exclusive=True)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("others", [None, "untold"])
def test_what_is_not_known_is_not_exclusive(others):
    with pytest.raises(
        OptionError, match=r"^cuda:0: --exclusive was given, and who else computes on it is not known: .*=host$"
    ):
        check_others(machine(others), ["cuda:0"], exclusive=True)


@pytest.mark.parametrize("flags", [(), ("--exclusive",)])
def test_the_run_asks_before_it_makes_anything(monkeypatch, tmp_path, capsys, flags):
    """The look itself stands in for a GPU's: what it refuses is one line and a status of its own."""
    asked = []

    def refuse(machine, devices, exclusive):
        asked.append((devices, exclusive))
        raise Busy("cuda:0: others")

    monkeypatch.setattr(start, "check_others", refuse)
    command = ["run", "--device", "cpu", "--pair", "exp", "--preset", "smoke", "--out", str(tmp_path / "out"), *flags]
    assert main(command) == IN_USE
    assert capsys.readouterr().err == "error: cuda:0: others\n" and not (tmp_path / "out").exists()
    assert asked == [(("cpu",), bool(flags))]
