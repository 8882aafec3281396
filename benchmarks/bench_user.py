"""A user's own pairs, from the file given with --pairs."""

from benchmarks.phases import bench_backward, bench_forward, bench_inference, bench_step

FAMILY = "user"

__all__ = ["bench_backward", "bench_forward", "bench_inference", "bench_step"]
