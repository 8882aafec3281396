"""Comparisons and logic, on bools and on numbers."""

from benchmarks.phases import bench_backward, bench_forward, bench_inference, bench_step

FAMILY = "comparison"

__all__ = ["bench_backward", "bench_forward", "bench_inference", "bench_step"]
