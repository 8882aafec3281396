"""One pass at work: what it stores of a case that goes well, and the row it stores of one that does not."""

from dataclasses import asdict, replace

import pytest
import torch

from benchmarks.entry import Interrupted
from benchmarks.measure.clock import HostClock
from benchmarks.measure.cuda_clock import CudaClock
from benchmarks.measure.gpu import Monitor
from benchmarks.measure.lost_device import DeviceLost
from benchmarks.measure.memory import UncountedError
from benchmarks.measure.rounds import FEWEST, Budget, Rounds
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS, Measurement
from benchmarks.running import session as room
from benchmarks.running.failures import GlobalsChanged
from benchmarks.running.run import Pass, Run
from benchmarks.running.session import Session, _of_gpu
from tests.measure.simulated_gpu import SimulatedGpu
from tests.running.cases import CASE, fails_with, pair_of

GPU = replace(CASE, device="cuda:0", allocator="caching")
BLANK = Measurement(GPU, OUTOFPLACE, "time", 1)
TIME, MEMORY = Pass(1, "time", "retained"), Pass(0, "memory", "fresh")


@pytest.fixture
def run(tmp_path):
    ceiling = {"device": "cpu", "threads": 1, "tensor_bytes": 256}
    ceiling |= {"copy_bytes_per_s": 5.0, "inplace_write_bytes_per_s": 7.0}
    facts = {"state": "partial", "machine": {}, "passes": [asdict(TIME)], "floors": {"cpu": 1e-7}}
    budget = {"passes": 1, "seconds": 0.001, "precision": 0.1}
    return Run.create(tmp_path / "run", {**facts, "ceilings": [ceiling], "budget": budget})


@pytest.fixture(autouse=True)
def own_threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_a_timed_case_carries_what_explains_it(run):
    made = Session(run, TIME, {"mine": pair_of()}).measure(CASE)
    assert Run.open(run.folder).find(CASE, TIME) == made
    for measurement, variant, ceiling in zip(made, VARIANTS, (5.0, 7.0), strict=True):
        assert (measurement.variant, measurement.ceiling_bytes_per_s) == (variant, ceiling)
        assert (measurement.state, measurement.verified, measurement.floor_s) == ("ok", True, 1e-7)
        assert measurement.moved_bytes == 2 * 256 and measurement.page_faults >= 0
        assert len(measurement.times_s) >= 2 * FEWEST and measurement.wall_s > measurement.rounds_s > 0
        assert measurement.peak_bytes is None


@pytest.mark.parametrize("faults", [-1.0, float("nan")])
def test_a_number_that_cannot_be_stored_costs_its_case(run, monkeypatch, faults):
    monkeypatch.setattr(room, "page_faults_per_call", lambda *_: faults)
    made = Session(run, TIME, {"mine": pair_of()}).measure(CASE)
    assert Run.open(run.folder).find(CASE, TIME) == made
    assert [measurement.state for measurement in made] == ["crashed"] * 2
    assert made[0].reason.startswith("cannot be stored: ") and made[0].times_s == ()


@pytest.mark.parametrize("phase, peaks, held", [("inference", [512, 256], None), ("forward", [512, 256], 256)])
def test_a_weighed_case_carries_bytes_and_no_times(run, phase, peaks, held):
    made = Session(run, MEMORY, {"mine": pair_of()}).measure(replace(CASE, phase=phase))
    assert [measurement.peak_bytes for measurement in made] == peaks
    assert [(measurement.held_bytes, measurement.times_s) for measurement in made] == [(held, ())] * 2


class Mute(Exception):
    """An error that cannot even say what it is."""

    def __str__(self):
        raise SystemExit


@pytest.mark.parametrize("current", [TIME, MEMORY], ids=["time", "memory"])
@pytest.mark.parametrize(
    "error, state, reason",
    [
        (RuntimeError("not implemented\nfor this"), "unsupported", "not implemented"),
        (NotImplementedError(), "unsupported", "NotImplementedError"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried"), "out_of_memory", "CUDA out of memory. Tried"),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried"), "out_of_memory", "DefaultCPUAllocator: n"),
        (MemoryError(), "out_of_memory", "MemoryError"),
        (IndexError("4"), "crashed", "IndexError: 4"),
        (FileNotFoundError(2, "No such file"), "crashed", "FileNotFoundError: [Errno 2] No such file"),
        (RecursionError("maximum recursion depth exceeded"), "crashed", "RecursionError: maximum recursion depth"),
        (SystemExit(), "crashed", "SystemExit"),
        (SystemExit(3), "crashed", "SystemExit: 3"),
        (SystemExit({}), "crashed", "SystemExit: {}"),
        (KeyboardInterrupt(), "crashed", "KeyboardInterrupt"),
        (GeneratorExit(), "crashed", "GeneratorExit"),
        (pytest.skip.Exception("later"), "crashed", "Skipped: later"),
        (Mute(), "crashed", "Mute: its text raises SystemExit"),
        (IndexError("4" * 20_000_000), "crashed", "IndexError: 4444"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_a_call_raises_becomes_the_cases_row(run, current, error, state, reason):
    made = Session(run, current, {"mine": pair_of(inplace=fails_with(error), verify=False)}).measure(CASE)
    assert [(m.variant, m.state, m.times_s) for m in made] == [(OUTOFPLACE, state, ()), (INPLACE, state, ())]
    assert all(m.reason.startswith(reason) and "\n" not in m.reason for m in made)
    assert all(len(m.reason) < 2_000 for m in made)
    assert run.find(CASE, TIME) == made, "and ends the case"


def test_a_signal_to_the_process_ends_no_case_but_the_pass(run):
    with pytest.raises(Interrupted):
        Session(run, TIME, {"mine": pair_of(inplace=fails_with(Interrupted("SIGINT")), verify=False)}).measure(CASE)
    assert not run.stored


def test_bytes_that_nobody_counts_cost_no_times(run, monkeypatch):
    monkeypatch.setattr(room, "measure_memory", fails_with(UncountedError("bytes are not counted: why")))
    made = Session(run, MEMORY, {"mine": pair_of()}).measure(CASE)
    assert [(m.variant, m.state, m.reason, m.peak_bytes) for m in made] == [
        (variant, "ok", "bytes are not counted: why", None) for variant in VARIANTS
    ]
    timed = Session(run, TIME, {"mine": pair_of()})
    assert timed.find(CASE) is None and timed.measure(CASE)[0].times_s


@pytest.mark.parametrize(
    "own, of_gpu, of_scenario",
    [({"gpu_seconds": 0.5, "scenario_seconds": 0.2}, 0.5, 0.2), ({"gpu_seconds": 0.5}, 0.5, 0.001), ({}, 0.001, 0.001)],
    ids=["new", "of-an-older-run", "of-the-oldest"],
)
def test_the_rounds_of_a_gpu_and_of_a_scenario_have_a_time_of_their_own(run, own, of_gpu, of_scenario):
    run.save(budget={"passes": 1, "seconds": 0.001, "precision": 0.1, **own})
    session = Session(run, TIME, {"mine": pair_of()})
    assert session._budget(CASE) == Budget(0.001, 0.1)
    assert session._budget(replace(CASE, scale=8)) == Budget(of_scenario, 0.1)
    for scale in (0, 8):
        assert session._budget(replace(CASE, device="cuda:1", scale=scale)) == Budget(of_gpu, 0.1)


def test_what_disagrees_is_not_timed(run):
    pairs = {"mine": pair_of(outofplace=torch.exp)}
    made = Session(run, TIME, pairs).measure(CASE)
    assert {(m.state, m.times_s, m.verified) for m in made} == {("disagreed", (), False)}
    assert "values differ" in made[0].reason


def test_what_was_verified_once_is_not_verified_again(run, monkeypatch):
    checked = []
    monkeypatch.setattr(room, "check_case", lambda inputs, watch: checked.append(inputs))
    for current in (MEMORY, TIME, replace(TIME, pass_number=2)):
        (out, _) = Session(run, current, {"mine": pair_of()}).measure(CASE)
        assert out.verified
    assert len(checked) == 1
    (out, _) = Session(run, TIME, {"mine": pair_of(verify=False)}).measure(replace(CASE, numel=32, shape=(32,)))
    assert not out.verified and len(checked) == 1


def test_writes_are_watched_once_for_a_pair_and_phase(run, monkeypatch):
    """What an op writes does not depend on the size; its values do."""
    watched = []
    monkeypatch.setattr(room, "check_case", lambda inputs, watch: watched.append((inputs.case.numel, watch)))
    session = Session(run, MEMORY, {"mine": pair_of()})
    for numel in (64, 128, 256):
        session.measure(replace(CASE, numel=numel, shape=(numel,)))
    assert watched == [(64, True), (128, False), (256, False)]


def test_what_does_not_fit_is_never_allocated(run, monkeypatch):
    monkeypatch.setattr(room, "prepare", fails_with(AssertionError("allocated")))
    huge = replace(CASE, numel=2**50, shape=(2**50,))
    for measurement in Session(run, TIME, {"mine": pair_of()}).measure(huge):
        assert measurement.state == "out_of_memory" and "MiB are free on cpu" in measurement.reason


@pytest.mark.parametrize("works", [True, False], ids=["after-a-case", "after-an-error"])
def test_a_lost_device_ends_the_pass_with_the_case_that_lost_it(run, monkeypatch, works):
    """The first case finds the device well; the second one's kernel fails, and it answers no more."""
    answers = iter((None, RuntimeError("CUDA error: device-side assert triggered\nmore")))
    asked = []

    def synchronize(device):
        asked.append(device)
        if error := next(answers):
            raise error

    measured = [replace(measurement, variant=variant) for variant in VARIANTS for measurement in [BLANK]]
    monkeypatch.setattr(torch.cuda, "synchronize", synchronize)
    released = []
    monkeypatch.setattr(room, "release_cache", released.append)
    monkeypatch.setattr(room, "why_too_large", lambda case: None)
    monkeypatch.setattr(Session, "_verify_and_measure", lambda *_: measured)
    session = Session(run, TIME, {"mine": pair_of()})
    session.measure(GPU)
    if not works:
        monkeypatch.setattr(Session, "_verify_and_measure", fails_with(RuntimeError("CUDA error")))
    with pytest.raises(DeviceLost, match=r"^the device is lost: CUDA error: device-side assert triggered$"):
        session.measure(replace(GPU, numel=128, shape=(128,)))
    assert asked == released == ["cuda:0", "cuda:0"]
    assert [case.numel for case, *_ in run.stored] == [64], "nothing is stored of it: that is the supervisor's"


def test_a_case_that_changes_a_global_ends_the_pass_and_leaves_nothing(run, monkeypatch):
    def variant(x):
        monkeypatch.setattr(torch.Tensor, "mul_", torch.Tensor.add_, raising=False)
        return x + 1

    session = Session(run, TIME, {"mine": pair_of(outofplace=variant, verify=False), "honest": pair_of()})
    session.measure(replace(CASE, pair="honest"))
    with pytest.raises(GlobalsChanged, match=r"^changed for the cases after it: torch\.Tensor \(mul_\)$") as raised:
        session.measure(CASE)
    assert [case.pair for case, *_ in run.stored] == ["honest"], "a supervisor stores the other"
    session.store_lost(CASE, str(raised.value))
    made = run.find(CASE, TIME)
    assert [(m.variant, m.state, m.reason) for m in made] == [(v, "crashed", str(raised.value)) for v in VARIANTS]


def test_a_global_that_a_raising_case_changed_is_the_reason(run):
    def variant(x):
        torch.set_default_dtype(torch.float64)
        raise IndexError

    try:
        with pytest.raises(GlobalsChanged, match=r"default dtype \(torch\.float32, then torch\.float64\)"):
            Session(run, TIME, {"mine": pair_of(outofplace=variant, verify=False)}).measure(CASE)
    finally:
        torch.set_default_dtype(torch.float32)


def test_how_a_gpu_was_timed_is_stored_and_of_a_cpu_nothing():
    gpu = SimulatedGpu()
    clock = CudaClock("cuda:0", gpu, Monitor("cuda:0", gpu, gpu.nvml))
    rounds = Rounds({}, {}, 1, 0.0, clock_hz=1.98e9, throttled_blocks=3, dropped_blocks=2)
    clock.unheld, clock.cache = "synchronises", "hot"
    assert _of_gpu(clock, rounds) == {
        "held": False,
        "unheld_reason": "synchronises",
        "cache": "hot",
        "throttled_blocks": 3,
        "dropped_blocks": 2,
    }
    assert _of_gpu(HostClock(), rounds) == {}
