"""Activation functions with an `inplace=` flag."""

from benchmarks.phases import bench_backward, bench_forward, bench_inference, bench_step

FAMILY = "activations"

__all__ = ["bench_backward", "bench_forward", "bench_inference", "bench_step"]
