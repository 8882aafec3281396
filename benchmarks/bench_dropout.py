"""Dropout, functional and as modules."""

from benchmarks.phases import bench_backward, bench_forward, bench_inference, bench_step

FAMILY = "dropout"

__all__ = ["bench_backward", "bench_forward", "bench_inference", "bench_step"]
