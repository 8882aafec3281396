"""Ops over lists of parameters."""

from benchmarks.phases import bench_backward, bench_forward, bench_inference, bench_step

FAMILY = "foreach"

__all__ = ["bench_backward", "bench_forward", "bench_inference", "bench_step"]
