"""Scans and norms along a dimension."""

from benchmarks.phases import bench_backward, bench_forward, bench_inference, bench_step

FAMILY = "scans"

__all__ = ["bench_backward", "bench_forward", "bench_inference", "bench_step"]
