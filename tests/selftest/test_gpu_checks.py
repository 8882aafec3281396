"""The short self-test of a GPU: each check on a simulated card that behaves, and on one that does not."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch
from torch.autograd import DeviceType

from benchmarks.selftest import gpu_checks as gpu_checks_module
from benchmarks.selftest.checks import NotCheckedError
from benchmarks.selftest.gpu_checks import RARE, CudaDevice, gpu_checks
from tests.measure.simulated_card import QUEUE_DEPTH, Kernel
from tests.measure.simulated_gpu import SimulatedGpu


class Halves:
    """A tensor of the simulated GPU: each method is a kernel of its own."""

    def __init__(self, gpu, numel):
        self._gpu, self._numel = gpu, numel
        self.nbytes = 4 * numel

    def item(self):
        self._gpu.wait()
        return 0.5

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
        asked = CudaDevice("cuda:0", gpu, gpu.nvml)
        monkeypatch.setattr(asked, "halves", lambda numel: Halves(gpu, numel))
        return gpu, {check.name: check for check in gpu_checks(asked)}

    return use


def test_a_card_that_behaves_holds_all_that_can_be_asked(card, monkeypatch):
    gpu, checks = card()
    answers = {}
    for name in ("ramp", "lazy", "depth", "events", "cache", "held", "waits", "driver"):
        answers[name] = checks[name].ask()
    assert all(holds for holds, _ in answers.values()), answers
    assert "1,976 MHz after work" in answers["ramp"][1] and int(answers["ramp"][1][:3]) < 500
    assert f"{QUEUE_DEPTH - 1:,} launches before the host waits" in answers["depth"][1]
    assert set(RARE) <= gpu.card.loaded


def test_a_card_that_waits_at_every_use_is_told(card):
    gpu, checks = card()
    launch = gpu.launch

    def forgetful(kernel):
        gpu.card.loaded -= {kernel.name}
        launch(kernel)

    gpu.launch = forgetful
    assert not checks["lazy"].ask()[0]


def test_a_wait_that_nobody_sees_is_told(card):
    """Behind a spin the host goes on: the check must not be content with a case that is held."""
    _, checks = card(lacking=["syncing calls"])
    assert checks["waits"].ask() == (False, "a sum that is read is timed as if it did not wait")


def test_a_queue_that_never_fills_is_deep_enough(card):
    _, checks = card(lacking=["launch queue"])
    holds, seen = checks["depth"].ask()
    assert holds and seen.startswith("at least 3,000")


def kernel(name, device_time):
    return SimpleNamespace(name=name, device_type=DeviceType.CUDA, device_time=device_time)


def _profile_as(monkeypatch, events):
    profiled = SimpleNamespace(events=lambda: events)
    monkeypatch.setattr(gpu_checks_module, "profile", lambda activities: nullcontext(profiled))


@pytest.mark.parametrize("off, holds", [(1.0, True), (1.005, True), (1.03, False)])
def test_device_times_are_held_against_the_profilers(card, monkeypatch, off, holds):
    _, checks = card()
    checks["ramp"].ask()
    kernel_us = off * 2**30 / 2_000 / 1e3
    op = SimpleNamespace(name="aten::neg_", device_type=DeviceType.CPU, device_time=9.0)
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
    assert torch.equal(CudaDevice("cpu").halves(3), torch.tensor([0.5, 0.5, 0.5]))


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


def test_a_driver_that_tells_no_clock_is_timed_all_the_same(card):
    gpu, checks = card()
    gpu.nvml.silent.add("nvmlDeviceGetClockInfo")
    holds, seen = checks["driver"].ask()
    assert holds and seen.endswith(" ms a look, no clock")


def test_without_nvml_the_driver_is_not_checked(card, monkeypatch):
    gpu, _ = card()
    monkeypatch.setattr("benchmarks.measure.gpu._nvml", lambda: None)
    checks = {check.name: check for check in gpu_checks(CudaDevice("cuda:0", gpu))}
    with pytest.raises(NotCheckedError, match="no NVML here"):
        checks["driver"].ask()
