"""What differs where a step works on a GPU, as far as that is seen without one."""

import argparse
import inspect
import sys
from types import SimpleNamespace

import pytest
import torch

from benchmarks.advise.advise_command import add_options, run_advise
from benchmarks.advise.answers.printed_answer import answer_text
from benchmarks.advise.switches.operand_problems import problem_before
from benchmarks.advise.switches.optimizer_forms import OptimizerSwitch, optimizer_groups
from benchmarks.advise.trials.built_parts import LivingParts
from benchmarks.advise.trials.cuda_trials import trial_environment
from benchmarks.advise.trials.observe import Observed, observe
from benchmarks.advise.trials.step_times import NotTimed, time_steps
from benchmarks.advise.trials.timed_process import seconds_per_call
from benchmarks.advise.user.question import Question, SourcePlace
from benchmarks.record.folder import read_journal, read_run
from benchmarks.running import lock
from benchmarks.source_text import TextEdit
from tests.support.advised_runs import answer_with_patch, stored

PLACE = SourcePlace("a.py", 1, 1, 0, 1)


def refused(capsys, *words: str) -> str:
    parser = argparse.ArgumentParser()
    add_options(parser)
    assert run_advise(parser.parse_args(["a.py:make", *words])) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize(("count", "name"), [(0, "cuda"), (0, "cuda:0"), (1, "cuda:1")])
def test_a_gpu_that_torch_does_not_see(monkeypatch, capsys, count, name):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    seen = "1" if count else "no CUDA GPU"
    assert refused(capsys, "--device", name) == f"error: --device {name}: not present (torch sees {seen})"


def test_settings_under_which_nothing_can_be_measured(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setenv("PYTORCH_NO_CUDA_MEMORY_CACHING", "1")
    assert "--device cuda:0: PYTORCH_NO_CUDA_MEMORY_CACHING=1" in refused(capsys, "--device", "cuda")


def test_a_gpu_has_done_all_before_the_clock_is_read(monkeypatch):
    seen: list[str] = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: seen.append(device))
    assert seconds_per_call(lambda: seen.append("call"), 2, "cuda:1") >= 0
    assert seen == ["cuda:1", "call", "call", "cuda:1"]
    seconds_per_call(lambda: None, 1, "cpu")
    assert len(seen) == 4


def test_times_hold_the_gpu(monkeypatch):
    def busy(devices, purpose):
        raise lock.Busy(f"{devices} are in use")

    monkeypatch.setattr(lock, "hold", busy)
    with pytest.raises(NotTimed, match=r"^\['cuda:1'\] are in use$"):
        time_steps(Question(("a.py:make",), device="cuda:1"), 1.0, print)


def test_random_states_of_gpus_are_compared(monkeypatch):
    states = [torch.tensor([1], dtype=torch.uint8), torch.tensor([2], dtype=torch.uint8)]
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda number: states[number])
    before = observe(Observed(), {})
    states[1] = torch.tensor([3], dtype=torch.uint8)
    assert before.named_differences(observe(Observed(), {})) == ["random state of cuda:1"]


def test_pinned_memory_is_not_written(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    assert problem_before(torch.ones(2)) is None
    monkeypatch.setattr(torch.Tensor, "is_pinned", lambda tensor: True)
    assert "pinned memory" in (problem_before(torch.ones(2)) or "")


def test_a_gpu_updates_all_at_once_where_it_is_not_told_otherwise(monkeypatch):
    def others(**options: object) -> dict[str, bool]:
        optimizer = torch.optim.Adam([torch.nn.Parameter(torch.ones(2))], **options)
        (group,) = optimizer_groups([(PLACE, [optimizer])])
        return dict(group.others)

    assert others() == {"fused": True}
    monkeypatch.setattr(sys.modules["torch.optim.optimizer"], "_get_foreach_kernels_supported_devices", lambda: ["cpu"])
    assert others() == others(foreach=True) == {"foreach": False, "fused": True}
    assert others(foreach=False) == others(fused=False) == {"fused": True}
    assert others(fused=True) == {}


def test_what_torch_cannot_fuse_on_a_gpu_is_not_asked_for(monkeypatch):
    optimizer = torch.optim.Adagrad([torch.nn.Parameter(torch.ones(2))])
    monkeypatch.setattr(inspect, "getsource", lambda kind: "_device_dtype_check_for_fused(p, cuda_unsupported=True)")
    (on_cpu,) = optimizer_groups([(PLACE, [optimizer])])
    optimizer.param_groups[0]["params"] = [SimpleNamespace(device=torch.device("cuda"))]
    (on_gpu,) = optimizer_groups([(PLACE, [optimizer])])
    assert (on_cpu.others, on_gpu.others) == ((("fused", True),), ())


def test_a_fused_update_finds_the_count_of_earlier_updates_where_it_reads_it():
    parameter = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adam([parameter])
    (group,) = optimizer_groups([(PLACE, [optimizer])])
    optimizer.state[parameter] = {"step": torch.tensor(3.0, dtype=torch.float64), "exp_avg": torch.ones(2)}
    edit = TextEdit(0, 0, ())
    OptimizerSwitch(PLACE, "Adam", "fused", True, group.numbers, edit, "", "", 1).apply(LivingParts())
    step = optimizer.state[parameter]["step"]
    assert (float(step), step.dtype, optimizer.param_groups[0]["fused"]) == (3.0, torch.float32, True)


def test_trials_alone_set_how_products_are_summed():
    assert trial_environment("cuda:0") == {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"} and trial_environment("cpu") == {}


def test_the_answer_and_the_run_say_which_gpu(tmp_path, monkeypatch):
    answer = answer_with_patch() | {"device": "cuda:1"}
    text = answer_text(answer, "advise.patch")
    assert "These are bytes of cuda:1" in text and "torch 2.13.0 on cuda:1" in " ".join(text.split())
    folder = stored(answer, tmp_path, monkeypatch)
    assert {(row.case.device, row.case.allocator) for pair in read_journal(folder) for row in pair} == {
        ("cuda:1", "caching")
    }
    assert read_run(folder)["options"]["device"] == "cuda:1"
