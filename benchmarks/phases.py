"""The four bench functions, one a phase; every `bench_<family>.py` imports them. Glue: conftest.py does the work."""

import pytest


@pytest.mark.phase("inference")
def bench_inference(case, variant, record_case):
    """One call, no graph recorded."""
    record_case(variant)


@pytest.mark.phase("forward")
def bench_forward(case, variant, record_case):
    """One call that records a graph."""
    record_case(variant)


@pytest.mark.phase("backward")
def bench_backward(case, variant, record_case):
    """The gradients of one call, its forward untimed."""
    record_case(variant)


@pytest.mark.phase("step")
def bench_step(case, variant, record_case):
    """Forward and backward in one."""
    record_case(variant)
