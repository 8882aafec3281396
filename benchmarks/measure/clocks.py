"""The clock of a device."""

from benchmarks.measure.clock import Clock, HostClock
from benchmarks.measure.cuda_clock import CudaClock


def make_clock(device: str) -> Clock:
    """The clock of a device: "cpu", or a CUDA device such as "cuda:0"."""
    return HostClock() if device == "cpu" else CudaClock(device)
