"""Pointwise ops, unary and binary, as tensor methods."""

from benchmarks.phases import bench_backward, bench_forward, bench_inference, bench_step

FAMILY = "pointwise"

__all__ = ["bench_backward", "bench_forward", "bench_inference", "bench_step"]
