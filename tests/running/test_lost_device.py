"""A GPU that is lost at any call of torch.cuda that the suite makes costs the case in flight, and no other."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import benchmarks
from benchmarks.measure.lost_device import DeviceLost
from benchmarks.record.folder import read_run
from benchmarks.running.session import Session
from tests.measure.clocked import install
from tests.measure.simulated_gpu import LOST_TEXT, ON_THE_DEVICE, ON_THE_HOST, SimulatedGpu
from tests.running import simulated_session
from tests.running.simulated_session import GPU_CASE, MEMORY, NBYTES, TIME
from tests.support.forked import run_with_forks
from tests.support.stored import folder_of, options, stored

#: What a run asks before its first case, and what only the laboratory and the self-test ask.
BEFORE = ("is_available", "device_count", "get_device_name")
#: What is read of the process before a case and after it.
AROUND_A_CASE = ("is_initialized", "current_device", "current_stream", "default_stream", "get_sync_debug_mode")
#: By the kind of pass, the calls that a case makes.
IN_A_CASE = {
    "time": (
        *("launch", "memory_reserved", "memory_allocated", "mem_get_info", "get_device_properties", "device", "_sleep"),
        *("synchronize", "Event", "Event.record", "Event.query", "Event.synchronize", "Event.elapsed_time"),
        *AROUND_A_CASE,
    ),
    "memory": (
        *("launch", "memory_reserved", "memory_allocated", "mem_get_info", "get_allocator_backend", "synchronize"),
        *("empty_cache", "memory_stats", "reset_peak_memory_stats"),
        *AROUND_A_CASE,
    ),
}


def _calls() -> Iterator[str]:
    """The names of torch.cuda that the suite's code uses, however it calls the module.

    Without the advisor, which runs no pass: tests/advise stands in for what it calls.
    """
    modules = ("torch.cuda", "cuda", "self._cuda", "self.cuda", "gpu.cuda")
    suite = Path(benchmarks.__file__).parent
    for path in set(suite.rglob("*.py")) - set((suite / "advise").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in modules:
                yield node.attr


@pytest.mark.slow
def test_each_call_of_the_suite_is_simulated_and_tried():
    functions = {name for name in (*ON_THE_HOST, *ON_THE_DEVICE) if hasattr(torch.cuda, name)}
    assert set(_calls()) == functions
    assert {*BEFORE, *IN_A_CASE["time"], *IN_A_CASE["memory"]} == {*ON_THE_HOST, *ON_THE_DEVICE}


@pytest.fixture
def run(tmp_path):
    return simulated_session.new_run(tmp_path / "run")


@pytest.fixture
def new_process(monkeypatch, run):
    """A session as a fresh process has it, on a GPU that works."""
    return lambda current: simulated_session.begin(monkeypatch, run, current)


@pytest.mark.parametrize("works", [True, False])
def test_a_card_is_started_before_the_first_case_and_one_that_serves_nobody_is_told(monkeypatch, run, works):
    """A card that another process has for itself alone, or that fell off the bus, must not cost case after case."""
    gpu = install(monkeypatch, SimulatedGpu(cards=2))
    gpu.lost = not works
    if works:
        Session(run, TIME, {}, {"cpu", "cuda:1"})
        assert gpu.log == [(1, "synchronize")]
    else:
        with pytest.raises(DeviceLost, match=f"^cuda:1: the device is lost: {LOST_TEXT}$"):
            Session(run, TIME, {}, {"cpu", "cuda:1"})


LARGER = replace(GPU_CASE, numel=128, shape=(128,))


@pytest.mark.parametrize("current", [TIME, MEMORY], ids=["time", "memory"])
def test_a_device_that_is_not_lost_costs_nothing(new_process, run, current):
    session, _ = new_process(current)
    for case in (GPU_CASE, LARGER):
        out, into = session.measure(case)
        assert (out.state, into.state) == ("ok", "ok"), out.reason
        assert out.times_s if current is TIME else out.peak_bytes == into.peak_bytes == 2 * NBYTES
    assert len(run.stored) == 2


@pytest.mark.parametrize(
    "current, call", [(TIME, c) for c in IN_A_CASE["time"]] + [(MEMORY, c) for c in IN_A_CASE["memory"]]
)
def test_a_device_lost_at_a_call_costs_the_case_in_flight_alone(new_process, run, current, call):
    session, gpu = new_process(current)
    gpu.loses_at = call
    with pytest.raises(DeviceLost, match=f"^the device is lost: {LOST_TEXT}$"):
        session.measure(GPU_CASE)
    assert gpu.lost and not run.stored, "its row is the supervisor's to write"
    again, _ = new_process(current)
    assert again.measure(LARGER)[0].state == "ok" and [case for case, *_ in run.stored] == [LARGER]


#: A pair file whose process has no device that works: it is asked before the first case.
NO_DEVICE = """
from benchmarks.catalogue import Pair
from benchmarks.running import session

session.why_lost = lambda device: "the device is lost: CUDA error: all CUDA-capable devices are busy or unavailable"
PAIRS = [Pair("mine", op="exp")]
"""


@pytest.mark.slow
def test_a_run_whose_device_serves_nobody_ends_before_its_first_case(tmp_path):
    (tmp_path / "pairs.py").write_text(NO_DEVICE)
    done = run_with_forks(*options(tmp_path / "pairs.py", tmp_path / "runs"), scratch=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("pass 0 cpu: the device is lost: CUDA error: all CUDA-capable devices are busy"), done
    folder = folder_of(tmp_path / "runs")
    assert not stored(folder) and read_run(folder)["state"] == "partial"
