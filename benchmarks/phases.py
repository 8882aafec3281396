"""The four bench functions, one per phase; every `bench_<family>.py` imports them. Glue: conftest.py does the work."""

from collections.abc import Callable

import pytest

#: The fixture of conftest.py: measures the case and hands this variant's rounds to pytest-benchmark.
Record = Callable[[str], None]


@pytest.mark.phase("inference")
def bench_inference(case: str, variant: str, record_case: Record) -> None:
    """One call, no graph recorded."""
    record_case(variant)


@pytest.mark.phase("forward")
def bench_forward(case: str, variant: str, record_case: Record) -> None:
    """One call that records a graph."""
    record_case(variant)


@pytest.mark.phase("backward")
def bench_backward(case: str, variant: str, record_case: Record) -> None:
    """The gradients of one call, its forward untimed."""
    record_case(variant)


@pytest.mark.phase("step")
def bench_step(case: str, variant: str, record_case: Record) -> None:
    """Forward and backward together."""
    record_case(variant)
