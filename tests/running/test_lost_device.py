"""A GPU that is lost at any call of torch.cuda that the suite makes costs the case in flight, and no other."""

import ast
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import benchmarks
from benchmarks.measure.lost_device import DeviceLost
from benchmarks.record import INPLACE, OUTOFPLACE
from benchmarks.running import session as room
from benchmarks.running.run import Pass, Run
from benchmarks.running.session import Session
from tests.measure.clocked import install, use
from tests.measure.simulated_card import Kernel
from tests.measure.simulated_gpu import LOST_TEXT, ON_THE_DEVICE, ON_THE_HOST, SimulatedGpu
from tests.running.cases import CASE

GPU = replace(CASE, device="cuda:0", allocator="caching", phase="step")
TIME, MEMORY = Pass(1, "time", "retained"), Pass(0, "memory", "fresh")
#: What a run asks before its first case, and what only the laboratory and the self-test ask.
BEFORE = ("is_available", "device_count", "get_device_name")
#: By the kind of pass, the calls that a case makes.
IN_A_CASE = {
    "time": (
        *("launch", "memory_reserved", "memory_allocated", "mem_get_info", "get_device_properties", "device", "_sleep"),
        *("synchronize", "Event", "Event.record", "Event.query", "Event.synchronize", "Event.elapsed_time"),
    ),
    "memory": (
        *("launch", "memory_reserved", "memory_allocated", "mem_get_info", "get_allocator_backend", "synchronize"),
        *("empty_cache", "memory_stats", "reset_peak_memory_stats"),
    ),
}


def _calls() -> Iterator[str]:
    """The names of torch.cuda that the suite's code uses, however it calls the module."""
    modules = ("torch.cuda", "cuda", "self._cuda", "self.cuda", "gpu.cuda")
    for path in Path(benchmarks.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in modules:
                yield node.attr


def test_each_call_of_the_suite_is_simulated_and_tried():
    functions = {name for name in (*ON_THE_HOST, *ON_THE_DEVICE) if hasattr(torch.cuda, name)}
    assert set(_calls()) == functions
    assert {*BEFORE, *IN_A_CASE["time"], *IN_A_CASE["memory"]} == {*ON_THE_HOST, *ON_THE_DEVICE}


@pytest.fixture
def run(tmp_path):
    facts = {"state": "partial", "machine": {}, "passes": [asdict(TIME)], "floors": {}, "ceilings": []}
    return Run.create(tmp_path / "run", {**facts, "budget": {"seconds": 0.001, "precision": 0.1}})


@pytest.fixture
def new_process(monkeypatch, run):
    """A session as a fresh process has it, on a GPU that works."""

    def begin(current: Pass) -> tuple[Session, SimulatedGpu]:
        gpu = use(monkeypatch, install(monkeypatch, SimulatedGpu()))

        def prepared(pair, case):
            subjects = {
                OUTOFPLACE: gpu.subject([Kernel("neg")], [Kernel("neg")], result_bytes=4096),
                INPLACE: gpu.subject([Kernel("neg_")], [Kernel("neg")]),
            }
            return SimpleNamespace(pair=pair, case=case, subjects=subjects, records_graph=True)

        monkeypatch.setattr(room, "prepare", prepared)
        return Session(run, current, {"mine": SimpleNamespace(verify=False)}), gpu

    return begin


LARGER = replace(GPU, numel=128, shape=(128,))


@pytest.mark.parametrize("current", [TIME, MEMORY], ids=["time", "memory"])
def test_a_device_that_is_not_lost_costs_nothing(new_process, run, current):
    session, _ = new_process(current)
    for case in (GPU, LARGER):
        out, into = session.measure(case)
        assert (out.state, into.state) == ("ok", "ok"), out.reason
        assert out.times_s if current is TIME else out.peak_bytes == into.peak_bytes == 2 * 4096
    assert len(run.stored) == 2


@pytest.mark.parametrize(
    "current, call", [(TIME, c) for c in IN_A_CASE["time"]] + [(MEMORY, c) for c in IN_A_CASE["memory"]]
)
def test_a_device_lost_at_a_call_costs_the_case_in_flight_alone(new_process, run, current, call):
    session, gpu = new_process(current)
    gpu.loses_at = call
    with pytest.raises(DeviceLost, match=f"^the device is lost: {LOST_TEXT}$"):
        session.measure(GPU)
    assert gpu.lost and not run.stored, "its row is the supervisor's to write"
    again, _ = new_process(current)
    assert again.measure(LARGER)[0].state == "ok" and [case for case, *_ in run.stored] == [LARGER]
