"""The machine's own limits, measured once a run: one that fails costs itself alone."""

from dataclasses import replace

import pytest

from benchmarks.measure import ceilings
from benchmarks.measure.lost_device import DeviceLost
from benchmarks.running import run_ceilings as room
from benchmarks.running.run import Run
from benchmarks.running.run_ceilings import FLOOR_BYTES, leave_out, measure_ceilings
from tests.measure.clocked import install
from tests.measure.simulated_gpu import LOST_TEXT, SimulatedGpu
from tests.running.cases import CASE

SMALL, LARGE = ({"device": "cpu", "threads": 1, "tensor_bytes": size} for size in (256, 512))
TIME = {"pass_number": 1, "kind": "time", "allocator": "retained", "state": "planned"}
CASES = [CASE, replace(CASE, numel=128, shape=(128,)), replace(CASE, phase="step"), replace(CASE, scale=7, numel=999)]
NO_MEMORY = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 512 bytes"


@pytest.fixture
def run(tmp_path):
    facts = {"state": "partial", "ceilings": [], "floors": {}, "machine": {}, "passes": [TIME]}
    return Run.create(tmp_path / "run", facts)


@pytest.fixture
def measured(monkeypatch):
    """What is measured, in order; what `failing` holds raises."""
    made = []
    failing = {}

    def ceiling(device, threads, tensor_bytes):
        made.append(tensor_bytes)
        if tensor_bytes in failing:
            raise failing[tensor_bytes]
        return {
            "device": device,
            "threads": threads,
            "tensor_bytes": tensor_bytes,
            "copy_bytes_per_s": 1.0,
            "inplace_write_bytes_per_s": 1.0,
        }

    def floor(device):
        made.append(device)
        if device in failing:
            raise failing[device]
        return 1e-6

    monkeypatch.setattr(ceilings, "measure_ceiling", ceiling)
    monkeypatch.setattr(ceilings, "measure_floor", floor)
    made_and_failing = made, failing
    return made_and_failing


def test_each_is_measured_once_a_run(run, measured):
    made, _ = measured
    begun = []
    for _ in range(2):
        measure_ceilings(run, CASES, begun.append)
    assert made == [256, 512, "cpu"]
    assert [place["tensor_bytes"] for place in begun] == [256, 512, FLOOR_BYTES]
    assert [row["tensor_bytes"] for row in Run.open(run.folder).facts["ceilings"]] == [256, 512]
    assert run.facts["floors"] == {"cpu": 1e-6}


@pytest.mark.parametrize("error", [RuntimeError(f"{NO_MEMORY}\nmore"), MemoryError()], ids=["torch", "python"])
@pytest.mark.parametrize("which", [256, 512, "cpu"])
def test_one_that_fails_is_left_out_with_its_reason(run, measured, which, error):
    made, failing = measured
    failing[which] = error
    for _ in range(2):
        measure_ceilings(run, CASES, lambda place: None)
    assert made == [256, 512, "cpu"], "nor is it tried again"
    facts = Run.open(run.folder).facts
    size = FLOOR_BYTES if which == "cpu" else which
    (left_out,) = facts["ceilings_left_out"]
    assert (left_out["device"], left_out["tensor_bytes"]) == ("cpu", size)
    assert left_out["reason"] == (str(error).partition("\n")[0] or "MemoryError")
    assert [row["tensor_bytes"] for row in facts["ceilings"]] == [each for each in (256, 512) if each != which]
    assert facts["floors"] == ({} if which == "cpu" else {"cpu": 1e-6})


def test_each_is_stored_before_the_next_and_one_that_killed_its_process_is_passed_over(run, measured):
    made, _ = measured

    def dies(place):
        if place == LARGE:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_ceilings(run, CASES, dies)
    again = Run.open(run.folder)
    assert [row["tensor_bytes"] for row in again.facts["ceilings"]] == [256]
    leave_out(again, LARGE, "its process was ended by SIGKILL")
    measure_ceilings(again, CASES, lambda place: None)
    assert made == [256, "cpu"]
    assert again.facts["ceilings_left_out"] == [{**LARGE, "reason": "its process was ended by SIGKILL"}]


def test_a_run_that_times_nothing_measures_none(run, measured):
    run.save(passes=[{**TIME, "kind": "memory"}])
    measure_ceilings(run, CASES, lambda place: None)
    assert measured[0] == [] and run.facts["ceilings"] == []


def test_the_size_of_a_case_that_does_not_fit_is_not_measured(run, measured, monkeypatch):
    made, _ = measured
    monkeypatch.setattr(room, "why_too_large", lambda case: "it is" if case.numel == 128 else None)
    measure_ceilings(run, CASES, lambda place: None)
    assert made == [256, "cpu"]


@pytest.mark.parametrize("early", [True, False], ids=["before", "meanwhile"])
def test_a_lost_device_ends_the_process_and_fails_no_other_ceiling(run, monkeypatch, early):
    gpu = install(monkeypatch, SimulatedGpu())
    gpu.lost, begun = early, []

    def loses(device, threads, tensor_bytes):
        gpu.lost = True
        raise RuntimeError(LOST_TEXT)

    monkeypatch.setattr(ceilings, "measure_ceiling", loses)
    on_gpu = [replace(case, device="cuda:0", allocator="caching") for case in CASES]
    with pytest.raises(DeviceLost, match=f"^cuda:0: the device is lost: {LOST_TEXT}$"):
        measure_ceilings(run, on_gpu, begun.append)
    assert len(begun) == (0 if early else 1) and not run.facts.get("ceilings_left_out")
