"""Augmented assignment."""

from benchmarks.phases import bench_backward, bench_forward, bench_inference, bench_step

FAMILY = "augmented"

__all__ = ["bench_backward", "bench_forward", "bench_inference", "bench_step"]
