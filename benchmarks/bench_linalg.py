"""Matrix products added to the input."""

from benchmarks.phases import bench_backward, bench_forward, bench_inference, bench_step

FAMILY = "linalg"

__all__ = ["bench_backward", "bench_forward", "bench_inference", "bench_step"]
