"""Variants on a simulated GPU, and the clock that times them."""

from types import SimpleNamespace

from benchmarks.measure import cuda_clock
from benchmarks.measure import rounds as rounds_module
from benchmarks.measure.cuda_clock import CudaClock
from benchmarks.measure.gpu import Monitor
from benchmarks.record import INPLACE, OUTOFPLACE
from tests.measure.simulated_gpu import Kernel, SimulatedGpu

DEVICE = "cuda:0"


def use(monkeypatch, gpu: SimulatedGpu) -> SimulatedGpu:
    monkeypatch.setattr(cuda_clock, "time", SimpleNamespace(perf_counter_ns=gpu.now_ns))
    monkeypatch.setattr(rounds_module, "time", SimpleNamespace(perf_counter=lambda: gpu.host_ns * 1e-9))
    return gpu


def clock_of(gpu: SimulatedGpu, device: str = DEVICE) -> CudaClock:
    return CudaClock(device, gpu, Monitor(device, gpu, gpu.nvml))


def both(gpu: SimulatedGpu, program, inplace=None, **options):
    return {
        OUTOFPLACE: gpu.subject(program, **options),
        INPLACE: gpu.subject(program if inplace is None else inplace, **options),
    }


def warm(gpu: SimulatedGpu) -> None:
    """An idle GPU's clock rises with work: most tests are about something else."""
    gpu.launch(Kernel("warm-up", device_ns=50_000_000))
    gpu.synchronize()
