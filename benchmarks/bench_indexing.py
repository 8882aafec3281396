"""Writes by index, by mask and by assignment."""

from benchmarks.phases import bench_backward, bench_forward, bench_inference, bench_step

FAMILY = "indexing"

__all__ = ["bench_backward", "bench_forward", "bench_inference", "bench_step"]
