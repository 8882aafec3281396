"""Integer ops: bits, shifts, divisors."""

from benchmarks.phases import bench_backward, bench_forward, bench_inference, bench_step

FAMILY = "bitwise"

__all__ = ["bench_backward", "bench_forward", "bench_inference", "bench_step"]
