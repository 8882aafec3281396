"""Ops that overwrite the whole input with constant or random values."""

from benchmarks.phases import bench_backward, bench_forward, bench_inference, bench_step

FAMILY = "fills"

__all__ = ["bench_backward", "bench_forward", "bench_inference", "bench_step"]
