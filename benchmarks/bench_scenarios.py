"""Model-sized pairs: where people really use in-place ops."""

from benchmarks.phases import bench_backward, bench_forward, bench_inference, bench_step

FAMILY = "scenarios"

__all__ = ["bench_backward", "bench_forward", "bench_inference", "bench_step"]
