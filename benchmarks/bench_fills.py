"""Writes over the whole input, constant or random."""

from benchmarks.phases import bench_backward, bench_forward, bench_inference, bench_step

FAMILY = "fills"

__all__ = ["bench_backward", "bench_forward", "bench_inference", "bench_step"]
