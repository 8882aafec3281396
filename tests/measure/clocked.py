"""Variants on a simulated GPU, and the clock that times them."""

from types import SimpleNamespace

import pytest
import torch

from benchmarks.inputs import Subject
from benchmarks.measure import cuda_clock
from benchmarks.measure import rounds as rounds_module
from benchmarks.measure.cuda_clock import CudaClock
from benchmarks.measure.gpu import Monitor
from benchmarks.record import INPLACE, OUTOFPLACE
from tests.measure.simulated_card import Kernel, Program
from tests.measure.simulated_gpu import ON_THE_DEVICE, ON_THE_HOST, SimulatedGpu

DEVICE = "cuda:0"


def use(monkeypatch: pytest.MonkeyPatch, gpu: SimulatedGpu) -> SimulatedGpu:
    """Lets the clock and the rounds read the simulated time."""
    monkeypatch.setattr(cuda_clock, "time", SimpleNamespace(perf_counter_ns=gpu.now_ns))
    monkeypatch.setattr(rounds_module, "time", SimpleNamespace(perf_counter=lambda: gpu.host_ns * 1e-9))
    return gpu


def install(monkeypatch: pytest.MonkeyPatch, gpu: SimulatedGpu) -> SimulatedGpu:
    """Puts a simulated GPU in place of torch's: it serves each function of torch.cuda that the suite calls."""
    for name in (*ON_THE_HOST, *ON_THE_DEVICE):
        if hasattr(torch.cuda, name):  # not "launch", which is no function of torch.cuda, nor what an Event has
            monkeypatch.setattr(torch.cuda, name, getattr(gpu, name))
    return gpu


def clock_of(gpu: SimulatedGpu, device: str = DEVICE) -> CudaClock:
    return CudaClock(device, gpu, Monitor(device, gpu, gpu.nvml))


def both(gpu: SimulatedGpu, program: Program, inplace: Program | None = None, **options: object) -> dict[str, Subject]:
    """Both variants of a case; without `inplace`, both run the same program."""
    return {
        OUTOFPLACE: gpu.subject(program, **options),
        INPLACE: gpu.subject(program if inplace is None else inplace, **options),
    }


def warm(gpu: SimulatedGpu) -> None:
    """Warms the GPU up: an idle GPU's clock rises with work, which most tests are not about."""
    gpu.launch(Kernel("warm-up", device_ns=50_000_000))
    gpu.synchronize()
