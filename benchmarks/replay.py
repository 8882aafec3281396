"""Hands times measured elsewhere to pytest-benchmark, through its public `timer=` and `pedantic`.

pytest-benchmark times one target to its end and cannot interleave two. But people use its records, table, storage and
`pytest-benchmark compare`. So a pair is measured once, interleaved, and each of its two tests replays its own rounds.
"""

from collections.abc import Sequence
from typing import Any

import pytest


class ReplayTimer:
    """A timer for pytest-benchmark that makes successive timed rounds take given durations."""

    def __init__(self) -> None:
        self._steps: list[float] = []
        self._now = 0.0

    def load(self, seconds: Sequence[float]) -> None:
        """Set the durations to replay, in order, in seconds."""
        self._steps = [step for duration in seconds for step in (0.0, duration)][::-1]

    def __call__(self) -> float:
        if self._steps:
            # Restart at zero: the difference of two large readings would round the duration.
            self._now = self._steps.pop()
        return self._now


def make_benchmark(item: pytest.Function, group: str) -> None:
    """Make a test a benchmark for pytest-benchmark's options (--benchmark-only, --benchmark-skip)."""
    item.fixturenames.append("benchmark")
    item.add_marker(pytest.mark.benchmark(timer=ReplayTimer(), group=group))


def play(benchmark: Any, timer: ReplayTimer, seconds: Sequence[float]) -> None:
    """Make `seconds` the rounds of a test's pytest-benchmark record; its timer must be `timer`."""
    timer.load(seconds)
    benchmark.pedantic(_nothing, rounds=len(seconds), iterations=1, warmup_rounds=0)


def _nothing() -> None:
    """The function that pytest-benchmark calls during a replay: it must not call the op again."""
