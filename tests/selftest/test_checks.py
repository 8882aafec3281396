"""The short self-test: what is asked, kept and taken up; each check on a device whose answer is known."""

import json
import math
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch

from benchmarks.measure.clocks import make_clock
from benchmarks.measure.memory import Bytes
from benchmarks.selftest import gpu_checks as gpu_checks_module
from benchmarks.selftest import instrument_checks as instrument_module
from benchmarks.selftest import known_bytes
from benchmarks.selftest.checks import FAILS, HOLDS, NOT_CHECKED, Check, NotCheckedError, run_checks
from benchmarks.selftest.gpu_checks import RARE, Gpu, gpu_checks
from benchmarks.selftest.instrument_checks import instrument_checks
from tests.measure.simulated_gpu import QUEUE_DEPTH, Kernel, SimulatedGpu

FACTS = {"device": "cpu", "torch": "2.13.0"}


def asked(name, answers, log):
    def ask():
        log.append(name)
        return answers(name)

    return Check(name, f"{name} is true", ask)


def lines_of(checks, file, facts=FACTS):
    said = []
    return run_checks(checks, file, facts, said.append), said


def test_each_check_gets_its_line_and_its_answer_is_stored(tmp_path):
    def refuse(name):
        raise NotCheckedError("no counters here")

    def fail(name):
        raise RuntimeError("out of luck\nand more")

    log = []
    checks = [
        asked("a", lambda name: (True, "1"), log),
        asked("b", lambda name: (False, "2"), log),
        asked("c", refuse, log),
        asked("d", fail, log),
    ]
    fine, said = lines_of(checks, tmp_path / "out" / "short.json")
    assert not fine
    assert [line.partition(" [")[0] for line in said[:-1]] == [
        "holds:       a is true: 1",
        "fails:       b is true: 2",
        "not checked: c is true: no counters here",
        "fails:       d is true: RuntimeError: out of luck",
    ]
    assert said[-1] == "1 holds, 2 fails, 1 not checked"
    stored = json.loads((tmp_path / "out" / "short.json").read_text())
    assert {name: row["answer"] for name, row in stored["answers"].items()} == {
        "a": HOLDS,
        "b": FAILS,
        "c": NOT_CHECKED,
        "d": FAILS,
    }


def test_what_is_known_is_not_asked_again_but_what_failed_is(tmp_path):
    log = []
    checks = [asked(name, lambda name: (name != "b", "seen"), log) for name in "abc"]
    lines_of(checks, tmp_path / "short.json")
    fine, said = lines_of(checks, tmp_path / "short.json")
    assert log == ["a", "b", "c", "b"] and not fine
    assert said[0].endswith("[stored]")
    lines_of(checks, tmp_path / "short.json", {**FACTS, "torch": "2.14.0"})
    assert log[4:] == ["a", "b", "c"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"facts": 1}', '{"facts": {}, "answers": {"a": 1}}'])
def test_a_file_that_says_nothing_is_written_anew(tmp_path, content):
    (tmp_path / "short.json").write_text(content)
    fine, _ = lines_of([asked("a", lambda name: (True, "1"), [])], tmp_path / "short.json", {})
    assert fine and json.loads((tmp_path / "short.json").read_text())["answers"]["a"]["answer"] == HOLDS


def test_the_cpus_instrument_is_asked_in_a_short_time(monkeypatch):
    monkeypatch.setattr(instrument_module, "TRIAL_S", 0.004)
    monkeypatch.setattr(instrument_module, "SIZES", (2**10,))
    monkeypatch.setattr(instrument_module, "TRIALS", 3)
    answers = {check.name: check.ask() for check in instrument_checks("cpu", make_clock)}
    assert set(answers) == {"same", "planted", "bytes"}
    assert answers["bytes"] == (True, "8 of 8 counts of known allocations")


def test_a_byte_that_is_miscounted_is_named(monkeypatch):
    monkeypatch.setattr(instrument_module, "measure_memory", lambda *_: Bytes(1, 2, 3, 4))
    holds, seen = instrument_module._bytes("cpu")
    assert not holds and seen.startswith("transient outofplace at 1,000,003: Bytes(")


@pytest.mark.parametrize("speedup, holds", [(1.05, True), (1.0, False), (1.12, False)])
def test_a_planted_difference_must_be_found_as_it_is(monkeypatch, speedup, holds):
    monkeypatch.setattr(instrument_module, "_log_speedup", lambda *_: math.log(speedup))
    assert instrument_module._planted("cpu", None)[0] is holds
    assert instrument_module._same("cpu", None)[0] is (speedup == 1.0)


class Halves:
    """A tensor of the simulated GPU: each method is a kernel of its own."""

    def __init__(self, gpu, numel):
        self._gpu, self._numel = gpu, numel
        self.nbytes = 4 * numel

    def __getattr__(self, name):
        def call():
            self._gpu.launch(Kernel(name, device_ns=max(1_000, self.nbytes // 2_000)))
            return self

        return call


@pytest.fixture
def card(monkeypatch):
    def use(**options):
        gpu = SimulatedGpu(**options)
        clock = SimpleNamespace(perf_counter=lambda: gpu.host_ns * 1e-9, perf_counter_ns=gpu.now_ns)
        monkeypatch.setattr(gpu_checks_module, "time", clock)
        monkeypatch.setattr("benchmarks.measure.cuda_clock.time", clock)
        asked = Gpu("cuda:0", gpu, gpu.nvml)
        monkeypatch.setattr(asked, "halves", lambda numel: Halves(gpu, numel))
        return gpu, {check.name: check for check in gpu_checks(asked)}

    return use


def test_a_card_that_behaves_holds_all_that_can_be_asked(card, monkeypatch):
    gpu, checks = card()
    answers = {}
    for name in ("ramp", "lazy", "depth", "events", "cache", "held", "driver"):
        answers[name] = checks[name].ask()
    assert all(holds for holds, _ in answers.values()), answers
    assert "1,974 MHz after work" in answers["ramp"][1] and int(answers["ramp"][1][:3]) < 400
    assert f"{QUEUE_DEPTH - 1:,} launches before the host waits" in answers["depth"][1]
    assert set(RARE) <= gpu.loaded


def test_a_card_that_waits_at_every_use_is_told(card):
    gpu, checks = card()
    launch = gpu.launch

    def forgetful(kernel):
        gpu.loaded -= {kernel.name}
        launch(kernel)

    gpu.launch = forgetful
    assert not checks["lazy"].ask()[0]


def test_a_queue_that_never_fills_is_deep_enough(card):
    _, checks = card(lacking=["launch queue"])
    holds, seen = checks["depth"].ask()
    assert holds and seen.startswith("at least 3,000")


def kernel(name, device_time):
    return SimpleNamespace(name=name, device_type="DeviceType.CUDA", device_time=device_time)


def _profile_as(monkeypatch, events):
    profiled = SimpleNamespace(events=lambda: events)
    monkeypatch.setattr(gpu_checks_module, "profile", lambda activities: nullcontext(profiled))


@pytest.mark.parametrize("off, holds", [(1.0, True), (1.005, True), (1.03, False)])
def test_device_times_are_held_against_the_profilers(card, monkeypatch, off, holds):
    _, checks = card()
    checks["ramp"].ask()
    kernel_us = off * 2**30 / 2_000 / 1e3
    op = SimpleNamespace(name="aten::neg_", device_type="DeviceType.CPU", device_time=9.0)
    _profile_as(monkeypatch, [op, *[kernel("void neg_kernel", kernel_us)] * 3])
    assert checks["profiler"].ask()[0] is holds


@pytest.mark.parametrize(
    "events, why",
    [(None, "sees no kernel"), ([kernel("neg_kernel", 20.0)], "largest kernel takes 20 us")],
    ids=["no-counters", "small"],
)
def test_without_kernel_times_nothing_is_compared(card, monkeypatch, events, why):
    _, checks = card()
    _profile_as(monkeypatch, events)
    with pytest.raises(NotCheckedError, match=why):
        checks["profiler"].ask()


def test_halves_are_tensors_of_the_device():
    assert torch.equal(Gpu("cpu").halves(3), torch.tensor([0.5, 0.5, 0.5]))


def test_a_card_on_which_nothing_is_held_fails_and_is_not_trusted(card, monkeypatch):
    gpu, checks = card()
    call = Halves.__getattr__

    def waits(self, name):
        def run():
            result = call(self, name)()
            gpu.wait()
            return result

        return run

    monkeypatch.setattr(Halves, "__getattr__", waits)
    holds, seen = checks["held"].ask()
    assert not holds and seen == "not at 1,024 elements: synchronises"


def test_without_nvml_the_driver_is_not_checked(card, monkeypatch):
    gpu, _ = card()
    monkeypatch.setattr("benchmarks.measure.gpu._nvml", lambda: None)
    checks = {check.name: check for check in gpu_checks(Gpu("cuda:0", gpu))}
    with pytest.raises(NotCheckedError, match="no NVML here"):
        checks["driver"].ask()


def test_rounds_that_are_not_held_are_no_trial(monkeypatch):
    clock = make_clock("cpu")
    monkeypatch.setattr(clock, "unheld", "synchronises")
    monkeypatch.setattr(instrument_module, "TRIAL_S", 0.001)
    with pytest.raises(RuntimeError, match="rounds at 64 elements are not held: synchronises"):
        instrument_module._log_speedup("cpu", clock, 64, torch.neg, torch.neg, 0)


def test_known_blocks_lie_on_the_inputs_device(monkeypatch):
    made = []
    empty = torch.empty
    monkeypatch.setattr(torch, "empty", lambda *size, **how: made.append(how["device"]) or empty(*size, **how))
    for function in (known_bytes.transient, known_bytes.transient_):
        function(torch.ones(4, device="meta"))
    assert made and {torch.device(device).type for device in made} == {"meta"}
